// One ECS task: its containers, what they printed, its whole description.
import { DescribeTasksCommand } from "@aws-sdk/client-ecs";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { ecs } from "../aws/ecs";
import { useAsked } from "../aws/queries";
import { taskOf } from "../history/links";
import { paths, type Place } from "../router";
import { Arn } from "../ui/Arn";
import { command, CopyCli } from "../ui/Cli";
import { JsonText } from "../ui/JsonText";
import { Failure, Nothing, Page, Waiting } from "../ui/Page";
import { StatusBadge } from "../ui/Status";
import { dateTime } from "../ui/time";
import ContainerOutput from "./execution/ContainerOutput";

export default function TaskPage({ place }: { place: Place }) {
  const [, , cluster, , id] = place.path;
  const task = useAsked(["task-of", cluster, id], (abortSignal) => ecs().send(new DescribeTasksCommand({ cluster, tasks: [id] }), { abortSignal }), { changesWith: [`task:${id}`] });
  if (task.error) return <Failure error={task.error} what="The task could not be read" />;
  if (!task.data) return <Waiting />;
  const found = task.data.tasks?.[0];
  if (!found) return <Nothing title="This task is not there" text="Tasks are remembered for about an hour after their end." />;
  const address = found.attachments?.flatMap((a) => a.details ?? []).find((d) => d.name === "privateIPv4Address")?.value;
  return (
    <Page title={`Task ${id}`} description={<Arn value={found.taskArn} />} actions={<CopyCli text={command("ecs", "describe-tasks", { cluster, tasks: id })} />}>
      <SpaceBetween size="l">
        {found.stopCode && found.stopCode !== "EssentialContainerExited" && <Alert type={found.stopCode === "UserInitiated" ? "info" : "error"} header={found.stopCode}>{found.stoppedReason}</Alert>}
        <Container header={<Header variant="h2">Task overview</Header>}>
          <KeyValuePairs columns={4} items={[
            { label: "Last status", value: <StatusBadge status={found.lastStatus} /> }, { label: "Desired status", value: <StatusBadge status={found.desiredStatus} /> },
            { label: "Task definition", value: found.taskDefinitionArn?.split("/").at(-1) }, { label: "Cluster", value: <Link href={paths.cluster(cluster)}>{cluster}</Link> },
            { label: "Created at", value: dateTime(found.createdAt, true) }, { label: "Started at", value: dateTime(found.startedAt, true) }, { label: "Stopped at", value: dateTime(found.stoppedAt, true) }, { label: "Stopped reason", value: found.stoppedReason ?? "-" },
            { label: "Launch type", value: found.launchType ?? "-" }, { label: "CPU | Memory", value: `${found.cpu ? `${Number(found.cpu) / 1024} vCPU` : "-"} | ${found.memory ? `${found.memory} MiB` : "-"}` },
            { label: "Private IP", value: address ?? "-" }, { label: "Started by", value: found.startedBy ?? "-" },
          ]} />
        </Container>
        <Table
          header={<Header variant="h2" counter={`(${found.containers?.length ?? 0})`}>Containers</Header>} items={found.containers ?? []} trackBy="name" wrapLines ariaLabels={{ tableLabel: "Containers" }}
          columnDefinitions={[
            { id: "name", header: "Container name", cell: (c) => c.name, isRowHeader: true },
            { id: "status", header: "Status", minWidth: 140, cell: (c) => <StatusBadge status={c.lastStatus} /> },
            { id: "exit", header: "Exit code", minWidth: 110, cell: (c) => (c.exitCode === undefined ? "-" : <Box color={c.exitCode === 0 ? "inherit" : "text-status-error"} fontWeight={c.exitCode === 0 ? "normal" : "bold"}>{c.exitCode}</Box>) },
            { id: "reason", header: "Reason", cell: (c) => c.reason ?? "-" },
            { id: "image", header: "Image", cell: (c) => <span className="mono">{c.image ?? "-"}</span> },
            { id: "runtime", header: "Container runtime ID", cell: (c) => <span className="mono">{c.runtimeId ?? "-"}</span> },
          ]}
        />
        <Container header={<Header variant="h2">Logs</Header>}><ContainerOutput task={taskOf(found.taskArn!)!} logsOnly /></Container>
        <ExpandableSection variant="container" headerText="JSON"><JsonText value={JSON.stringify(found)} label="Task" name={id} /></ExpandableSection>
      </SpaceBetween>
    </Page>
  );
}
