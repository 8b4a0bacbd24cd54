// The answers that pages share, by react-query.
import { QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { DescribeExecutionCommand, DescribeStateMachineCommand, DescribeStateMachineForExecutionCommand, type DescribeExecutionOutput, type DescribeStateMachineOutput } from "@aws-sdk/client-sfn";
import { sfn } from "./sfn";
import { api, unreachable } from "./api";
import { session } from "./session";

const final = new Set(["AccessDeniedException", "ExecutionDoesNotExist", "StateMachineDoesNotExist", "UnrecognizedClientException", "MissingAuthenticationTokenException"]);

export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: (count, error) => count < 1 && !final.has((error as Error).name), refetchOnWindowFocus: false, staleTime: 1_000, refetchInterval: (query) => (unreachable(query.state.error) ? 3_000 : false) } },
});

/** A query of this session's account and region. */
export function useAsked<T>(key: readonly unknown[], ask: (signal: AbortSignal) => Promise<T>, options: { refetchInterval?: number | false; enabled?: boolean } = {}): UseQueryResult<T, Error> {
  const { accessKeyId, region } = session();
  return useQuery<T, Error>({ queryKey: [accessKeyId, region, ...key], queryFn: ({ signal }) => ask(signal), ...options });
}

export interface ServerInfo {
  account: string;
  region: string;
  callerArn: string;
  auth: "off" | "audit" | "enforce";
}
export const useServer = () => useAsked<ServerInfo>(["server"], (signal) => api("server", {}, signal));
export const useMachine = (arn: string) => useAsked<DescribeStateMachineOutput>(["machine", arn], (abortSignal) => sfn().send(new DescribeStateMachineCommand({ stateMachineArn: arn }), { abortSignal }), { enabled: arn !== "" });
export const useExecution = (arn: string) => useAsked<DescribeExecutionOutput>(["execution", arn], (abortSignal) => sfn().send(new DescribeExecutionCommand({ executionArn: arn }), { abortSignal }));
export const useExecutionMachine = (arn: string) =>
  useAsked(["execution-machine", arn], (abortSignal) => sfn().send(new DescribeStateMachineForExecutionCommand({ executionArn: arn }), { abortSignal }));
export const refresh = (...key: unknown[]) => {
  const { accessKeyId, region } = session();
  return queryClient.invalidateQueries({ queryKey: [accessKeyId, region, ...key] });
};
