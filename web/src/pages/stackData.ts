// A stack while it is deployed: what its events and resources tell.
import { DescribeStackEventsCommand, DescribeStackResourcesCommand, DescribeStacksCommand, type Stack, type StackEvent, type StackResource } from "@aws-sdk/client-cloudformation";
import { cloudformation } from "../aws/cloudformation";
import { useAsked } from "../aws/queries";

export interface StackState {
  stack: Stack;
  events: StackEvent[]; // newest first
  resources: StackResource[];
}

export const inProgress = (status: string | undefined) => (status ?? "").endsWith("_IN_PROGRESS");
export const failed = (status: string | undefined) => /FAILED|ROLLBACK/.test(status ?? "");

export async function readStack(name: string, abortSignal?: AbortSignal): Promise<StackState> {
  const [stacks, events, resources] = await Promise.all([
    cloudformation().send(new DescribeStacksCommand({ StackName: name }), { abortSignal }),
    cloudformation().send(new DescribeStackEventsCommand({ StackName: name }), { abortSignal }),
    cloudformation().send(new DescribeStackResourcesCommand({ StackName: name }), { abortSignal }).catch(() => ({ StackResources: [] })),
  ]);
  return { stack: stacks.Stacks![0], events: events.StackEvents ?? [], resources: resources.StackResources ?? [] };
}

export const useStack = (id: string | undefined) => useAsked<StackState>(["stack", id], (signal) => readStack(id!, signal), { enabled: Boolean(id), changesWith: [`stack:${id}`] });
