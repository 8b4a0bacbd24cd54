// CloudFormation stacks.
import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { cloudformation } from "../aws/cloudformation";
import { useAsked } from "../aws/queries";
import { paths } from "../router";
import { ListTable } from "../ui/ListTable";
import { StackStatus } from "../ui/Status";
import { dateTime } from "../ui/time";

export default function StacksPage() {
  const stacks = useAsked(["stacks"], async (abortSignal) => (await cloudformation().send(new DescribeStacksCommand({}), { abortSignal })).Stacks ?? [], { changesWith: ["stacks"] });
  return (
    <ListTable
      title="Stacks" query={stacks} trackBy={(s) => s.StackId!} fields={["StackName", "StackStatus", "Description"]}
      empty={{ title: "No stacks", text: "A sample project is deployed as a stack; so is any template by the AWS CLI.", action: <Button href={paths.samples}>Sample projects</Button> }}
      columns={[
        { id: "name", header: "Stack name", minWidth: 220, cell: (s) => <Link href={paths.stack(s.StackId!)}>{s.StackName}</Link>, sortingField: "StackName", isRowHeader: true },
        { id: "status", header: "Status", minWidth: 230, cell: (s) => <StackStatus status={s.StackStatus} />, sortingField: "StackStatus" },
        { id: "created", header: "Created time", minWidth: 180, cell: (s) => dateTime(s.CreationTime), sortingField: "CreationTime" },
        { id: "description", header: "Description", cell: (s) => s.Description ?? "-" },
      ]}
    />
  );
}
