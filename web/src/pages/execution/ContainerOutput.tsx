// What a task's containers did and printed.
import { DescribeTaskDefinitionCommand, DescribeTasksCommand } from "@aws-sdk/client-ecs";
import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef } from "react";
import { api } from "../../aws/api";
import { ecs } from "../../aws/ecs";
import { streamTail, type StreamTail } from "../../aws/logLines";
import { useAsked, useChanges } from "../../aws/queries";
import type { Links } from "../../history/links";
import { paths } from "../../router";
import { Failure, Waiting } from "../../ui/Page";
import { StatusBadge } from "../../ui/Status";
import { duration } from "../../ui/time";
import { useNow } from "./Summary";

export interface Line {
  at?: number;
  container?: string;
  text: string;
}

/** As many lines as are kept of the server's own short memory. */
const kept = 2_000;

interface Writes {
  container: string;
  group: string;
  stream: string;
}
interface Output {
  lines: Line[];
  writes?: Writes[]; // to log streams; nothing while the task is not known
  tails: Record<string, StreamTail>; // by stream
  next: number; // lines of the server's own memory that were seen
}

async function writesOf(taskArn: string, cluster: string, id: string, abortSignal: AbortSignal): Promise<Writes[] | undefined> {
  const tasks = await ecs().send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }), { abortSignal });
  const taskDefinition = tasks.tasks?.[0]?.taskDefinitionArn;
  if (!taskDefinition) return undefined;
  const definition = (await ecs().send(new DescribeTaskDefinitionCommand({ taskDefinition }), { abortSignal })).taskDefinition;
  return (definition?.containerDefinitions ?? []).flatMap(({ name, logConfiguration }) => {
    const options = logConfiguration?.logDriver === "awslogs" ? logConfiguration.options : undefined;
    return options ? [{ container: name!, group: options["awslogs-group"], stream: `${options["awslogs-stream-prefix"] ?? "ecs"}/${name}/${id}` }] : [];
  });
}

/** From the log group where the task writes to one, else from the server's own short memory; of either what is new. */
async function read(taskArn: string, cluster: string, id: string, signal: AbortSignal, before?: Output): Promise<Output> {
  const writes = before?.writes ?? (await writesOf(taskArn, cluster, id, signal));
  const tails: Record<string, StreamTail> = {};
  for (const { group, stream } of writes ?? []) {
    // A stream that is not there yet has nothing in it.
    const tail = await streamTail(group, stream, signal, before?.tails[stream]).catch(() => before?.tails[stream]);
    if (tail) tails[stream] = tail;
  }
  const logged = (writes ?? []).flatMap(({ container, stream }) => (tails[stream]?.lines ?? []).map((line) => ({ ...line, container })));
  if (logged.length > 0) return { lines: logged, writes, tails, next: 0 };
  const after = before?.next ?? 0;
  const recent = await api<{ lines: Array<{ container: string; line: string }>; from: number; next: number }>(`task-output/${encodeURIComponent(id)}`, { after: String(after) }, signal);
  const lines = recent.lines.map((l) => ({ container: l.container, text: l.line }));
  // What does not go on where it was left off begins anew.
  return { lines: [...(recent.from === after ? (before?.lines ?? []) : []), ...lines].slice(-kept), writes, tails, next: recent.next };
}

export function LogLines({ lines, label }: { lines: Line[]; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Whoever looks at the end sees what comes; whoever has scrolled up stays there.
    const b = box.current;
    if (b && b.scrollHeight - b.scrollTop - b.clientHeight < 80) b.scrollTop = b.scrollHeight;
  }, [lines]);
  return (
    <div className="log-lines" ref={box} tabIndex={0} role="log" aria-label={label}>
      {lines.map((line, i) => <div key={i}>{line.at !== undefined && <span className="when">{new Date(line.at).toISOString().slice(11, 23)}</span>}{line.text}</div>)}
    </div>
  );
}

export default function ContainerOutput({ task, logsOnly = false }: { task: NonNullable<Links["ecsTask"]>; logsOnly?: boolean }) {
  const described = useAsked(["task", task.arn], (abortSignal) => ecs().send(new DescribeTasksCommand({ cluster: task.cluster, tasks: [task.arn] }), { abortSignal }), { changesWith: [`task:${task.id}`] });
  const found = described.data?.tasks?.[0];
  const over = found?.lastStatus === "STOPPED";
  const outputKey = ["task-output", task.arn];
  const output = useAsked<Output>(outputKey, (signal, before) => read(task.arn, task.cluster, task.id, signal, before));
  const writes = output.data?.writes ?? [], logged = output.data?.lines.length !== 0 && output.data?.next === 0;
  useChanges([...writes.map((w) => `log-events:${w.group}:${w.stream}`), ...(logged ? [] : [`task-output:${task.id}`])], outputKey);
  const now = useNow(Boolean(found?.startedAt && !found.stoppedAt && !found.stoppingAt));
  if (described.error) return <Failure error={described.error} what="The task could not be read" />;
  if (!described.data) return <Waiting />;
  const time = (from: Date | undefined, to: Date | undefined) => (from ? duration((to ? new Date(to).getTime() : now) - new Date(from).getTime()) : "-");
  return (
    <SpaceBetween size="s">
      {!logsOnly && (
        <KeyValuePairs columns={2} items={[
          ...(found?.containers ?? []).map((c) => ({ label: `Container ${c.name}`, value: <>{c.lastStatus}{c.exitCode !== undefined && <>, exit code <b>{c.exitCode}</b></>}{c.reason && <>: {c.reason}</>}</> })),
          { label: "Task status", value: <StatusBadge status={found?.lastStatus} /> },
        ]} />
      )}
      {!logsOnly && <Box variant="awsui-key-label">Output</Box>}
      {output.error ? <Failure error={output.error} what="The output could not be read" /> : output.data && output.data.lines.length > 0 ? <LogLines lines={output.data.lines} label="Output of the container" /> : <Box color="text-body-secondary">{over ? "It printed nothing." : "Nothing was printed yet."}</Box>}
      {writes.length > 0 && <div><Box variant="awsui-key-label">CloudWatch log group</Box><Link href={paths.logGroup(writes.at(-1)!.group, writes.at(-1)!.stream)}>{writes.at(-1)!.group}</Link></div>}
      {!logsOnly && (
        <KeyValuePairs columns={2} items={[
          { label: "Task", value: <Link href={paths.task(task.cluster, task.id)}>{task.id}</Link> }, { label: "Duration", value: time(found?.startedAt, found?.stoppedAt ?? found?.stoppingAt) },
          ...(found?.stoppedReason ? [{ label: "Stopped reason", value: found.stoppedReason }] : []),
        ]} />
      )}
    </SpaceBetween>
  );
}
