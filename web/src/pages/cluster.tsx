// The tasks of a cluster.
import { DescribeClustersCommand, DescribeTasksCommand, ListTasksCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { ecs } from "../aws/ecs";
import { refresh, useAsked } from "../aws/queries";
import { paths, type Place } from "../router";
import { Arn } from "../ui/Arn";
import { CliOf } from "../ui/Cli";
import { ListTable } from "../ui/ListTable";
import { notifyError } from "../ui/notices";
import { Failure, Page } from "../ui/Page";
import { StatusBadge } from "../ui/Status";
import { dateTime } from "../ui/time";

export default function ClusterPage({ place }: { place: Place }) {
  const cluster = place.path[2];
  const tasks = useAsked(["tasks", cluster], async (abortSignal) => {
    const lists = await Promise.all((["RUNNING", "STOPPED"] as const).map((desiredStatus) => ecs().send(new ListTasksCommand({ cluster, desiredStatus, maxResults: 100 }), { abortSignal })));
    const arns = lists.flatMap((l) => l.taskArns ?? []);
    const found = [];
    for (let i = 0; i < arns.length; i += 100) found.push(...((await ecs().send(new DescribeTasksCommand({ cluster, tasks: arns.slice(i, i + 100) }), { abortSignal })).tasks ?? []));
    return found.map((t) => ({ ...t, id: t.taskArn!.split("/").at(-1)! }));
  }, { changesWith: ["tasks"] });
  const stopping = (task: string) => new StopTaskCommand({ cluster, task, reason: "stopped in the console" });
  const stop = (task: string) => void ecs().send(stopping(task)).then(() => refresh("tasks", cluster), (e: unknown) => notifyError("The task was not stopped", e));
  const described = useAsked(["cluster", cluster], async (abortSignal) => (await ecs().send(new DescribeClustersCommand({ clusters: [cluster] }), { abortSignal })).clusters?.[0], { changesWith: ["clusters"] });
  const c = described.data;
  return (
    <Page title={cluster}>
      <SpaceBetween size="l">
        {described.error && <Failure error={described.error} what="The cluster could not be read" />}
        <Container header={<Header variant="h2">Cluster overview</Header>}>
          <KeyValuePairs columns={4} items={[
            { label: "ARN", value: <Arn value={c?.clusterArn} /> }, { label: "Status", value: <StatusBadge status={c?.status} /> }, { label: "Running tasks", value: c?.runningTasksCount ?? "-" }, { label: "Pending tasks", value: c?.pendingTasksCount ?? "-" },
          ]} />
        </Container>
        <ListTable
          title="Tasks" variant="container" query={tasks} trackBy={(t) => t.taskArn!} fields={["id", "lastStatus", "startedBy", "group"]} sortBy={{ sortingField: "createdAt" }} descending
          empty={{ title: "No tasks", text: "Start an execution that runs one (ecs:runTask). Tasks are shown while they run and for a while after their end." }}
          columns={[
            { id: "id", header: "Task", minWidth: 200, cell: (t) => <Link href={paths.task(cluster, t.id)}>{t.id}</Link>, isRowHeader: true },
            { id: "status", header: "Last status", minWidth: 135, cell: (t) => <StatusBadge status={t.lastStatus} />, sortingField: "lastStatus" },
            { id: "exit", header: "Exit codes", minWidth: 110, cell: (t) => t.containers?.map((c) => `${c.name}: ${c.exitCode ?? "-"}`).join(", ") },
            { id: "definition", header: "Task definition", minWidth: 160, cell: (t) => t.taskDefinitionArn?.split("/").at(-1) },
            { id: "by", header: "Started by", minWidth: 110, cell: (t) => t.startedBy ?? "-" },
            { id: "created", header: "Created", minWidth: 180, cell: (t) => dateTime(t.createdAt), sortingField: "createdAt" },
            { id: "why", header: "Stopped reason", minWidth: 140, cell: (t) => t.stoppedReason ?? "-" },
            { id: "stop", header: "", cell: (t) => (t.lastStatus === "RUNNING" ? <><Button variant="inline-link" ariaLabel={`Stop the task ${t.id}`} onClick={() => stop(t.taskArn!)}>Stop</Button> <CliOf inline of={() => stopping(t.taskArn!)} what={t.id} /></> : null) },
          ]}
        />
      </SpaceBetween>
    </Page>
  );
}
