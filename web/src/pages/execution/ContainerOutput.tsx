// What a task's containers did and printed.
import { DescribeTaskDefinitionCommand, DescribeTasksCommand } from "@aws-sdk/client-ecs";
import { GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef } from "react";
import { api } from "../../aws/api";
import { ecs } from "../../aws/ecs";
import { logs } from "../../aws/logs";
import { useAsked } from "../../aws/queries";
import type { Links } from "../../history/links";
import { paths } from "../../router";
import { Failure, Waiting } from "../../ui/Page";
import { StatusBadge } from "../../ui/Status";
import { duration } from "../../ui/time";

export interface Line {
  at?: number;
  container?: string;
  text: string;
}

interface Output {
  lines: Line[];
  group?: string;
  stream?: string;
}

/** From the log group where the task writes to one, else from the server's own short memory. */
async function read(taskArn: string, cluster: string, id: string, signal: AbortSignal): Promise<Output> {
  const tasks = await ecs().send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }), { abortSignal: signal });
  const definitionArn = tasks.tasks?.[0]?.taskDefinitionArn;
  const definition = definitionArn ? (await ecs().send(new DescribeTaskDefinitionCommand({ taskDefinition: definitionArn }), { abortSignal: signal })).taskDefinition : undefined;
  const lines: Line[] = [];
  let group: string | undefined, stream: string | undefined;
  for (const container of definition?.containerDefinitions ?? []) {
    const options = container.logConfiguration?.logDriver === "awslogs" ? container.logConfiguration.options : undefined;
    if (!options) continue;
    group = options["awslogs-group"];
    stream = `${options["awslogs-stream-prefix"] ?? "ecs"}/${container.name}/${id}`;
    const answer = await logs().send(new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, limit: 1000 }), { abortSignal: signal }).catch(() => undefined);
    for (const event of answer?.events ?? []) lines.push({ at: event.timestamp, container: container.name, text: event.message ?? "" });
  }
  if (lines.length === 0) {
    const recent = await api<{ lines: Array<{ container: string; line: string }> }>(`task-output/${encodeURIComponent(id)}`, {}, signal);
    lines.push(...recent.lines.map((l) => ({ container: l.container, text: l.line })));
  }
  return { lines, group, stream };
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
  const described = useAsked(["task", task.arn], (abortSignal) => ecs().send(new DescribeTasksCommand({ cluster: task.cluster, tasks: [task.arn] }), { abortSignal }), { refetchInterval: 1_000 });
  const found = described.data?.tasks?.[0];
  const over = found?.lastStatus === "STOPPED";
  const output = useAsked<Output>(["task-output", task.arn, over], (signal) => read(task.arn, task.cluster, task.id, signal), { refetchInterval: over ? 3_000 : 700 });
  if (described.error) return <Failure error={described.error} what="The task could not be read" />;
  if (!described.data) return <Waiting />;
  const time = (from: Date | undefined, to: Date | undefined) => (from ? duration((to ? new Date(to).getTime() : Date.now()) - new Date(from).getTime()) : "-");
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
      {output.data?.group && <div><Box variant="awsui-key-label">CloudWatch log group</Box><Link href={paths.logGroup(output.data.group, output.data.stream)}>{output.data.group}</Link></div>}
      {!logsOnly && (
        <KeyValuePairs columns={2} items={[
          { label: "Task", value: <Link href={paths.task(task.cluster, task.id)}>{task.id}</Link> }, { label: "Duration", value: time(found?.startedAt, found?.stoppedAt ?? found?.stoppingAt) },
          ...(found?.stoppedReason ? [{ label: "Stopped reason", value: found.stoppedReason }] : []),
        ]} />
      )}
    </SpaceBetween>
  );
}
