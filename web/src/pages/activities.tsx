// Activities: work that a worker of one's own fetches.
import { CreateActivityCommand, DeleteActivityCommand, ListActivitiesCommand } from "@aws-sdk/client-sfn";
import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { checkName } from "../asl/names";
import { refresh, useAsked } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { CliOf, command, CopyCli } from "../ui/Cli";
import { ListTable } from "../ui/ListTable";
import { notifyError } from "../ui/notices";
import { dateTime } from "../ui/time";

export default function ActivitiesPage() {
  const [name, setName] = useState("");
  const activities = useAsked(["activities"], async (abortSignal) => (await sfn().send(new ListActivitiesCommand({ maxResults: 1000 }), { abortSignal })).activities ?? [], { changesWith: ["activities"] });
  const creation = () => new CreateActivityCommand({ name });
  const deletion = (activityArn: string | undefined) => new DeleteActivityCommand({ activityArn });
  const change = (act: Promise<unknown>, what: string) => void act.then(() => (setName(""), refresh("activities")), (e: unknown) => notifyError(what, e));
  return (
    <ListTable
      title="Activities" query={activities} trackBy={(a) => a.activityArn!} fields={["name", "activityArn"]} empty={{ title: "No activities", text: "Create one: a worker of your own fetches its tasks with get-activity-task and answers them." }}
      actions={<SpaceBetween direction="horizontal" size="xs"><Input value={name} invalid={Boolean(checkName(name).error)} onChange={({ detail }) => setName(detail.value)} placeholder="Name" ariaLabel="Name of the new activity" /><Button disabled={!name || Boolean(checkName(name).error)} onClick={() => change(sfn().send(creation()), "The activity was not created")}>Create activity</Button><CliOf of={creation} /></SpaceBetween>}
      columns={[
        { id: "name", header: "Name", cell: (a) => a.name, sortingField: "name", isRowHeader: true },
        { id: "arn", header: "ARN", cell: (a) => <span className="mono">{a.activityArn}</span> },
        { id: "created", header: "Creation date", minWidth: 180, cell: (a) => dateTime(a.creationDate), sortingField: "creationDate" },
        { id: "cli", header: "", cell: (a) => <CopyCli text={command("stepfunctions", "get-activity-task", { "activity-arn": a.activityArn, "worker-name": "me" })} label="Copy get-activity-task" /> },
        { id: "delete", header: "", cell: (a) => <><Button variant="inline-link" ariaLabel={`Delete ${a.name}`} onClick={() => change(sfn().send(deletion(a.activityArn)), "The activity was not deleted")}>Delete</Button> <CliOf inline of={() => deletion(a.activityArn)} what={a.name} /></> },
      ]}
    />
  );
}
