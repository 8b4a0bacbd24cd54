// The answers that pages share, by react-query.
import { hashKey, QueryClient, useQuery, type QueryKey, type UseQueryResult } from "@tanstack/react-query";
import { DescribeExecutionCommand, DescribeStateMachineCommand, DescribeStateMachineForExecutionCommand, type DescribeExecutionOutput, type DescribeStateMachineOutput } from "@aws-sdk/client-sfn";
import { useEffect } from "react";
import { Again } from "./again";
import { api, unreachable } from "./api";
import { changes } from "./changes";
import { session } from "./session";
import { sfn } from "./sfn";

const final = new Set(["AccessDeniedException", "ExecutionDoesNotExist", "StateMachineDoesNotExist", "UnrecognizedClientException", "MissingAuthenticationTokenException"]);

export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: (count, error) => count < 1 && !final.has((error as Error).name), refetchOnWindowFocus: false, staleTime: 1_000, refetchInterval: (query) => (unreachable(query.state.error) ? 3_000 : false) } },
});

// What could not be read while the server was away is asked for when it is back.
const told = changes(() => void queryClient.refetchQueries({ predicate: (query) => query.state.status === "error" }));
const again = new Again();

/** Asks a question of the cache again, after something that its answer shows has changed. */
function askAgain(queryKey: QueryKey, pause: number) {
  void again.run(hashKey(queryKey), async () => {
    const first = queryClient.getQueryState(queryKey);
    // What is asked for the first time just now may be answered with what was before.
    if (first?.data === undefined && first?.fetchStatus === "fetching") await queryClient.refetchQueries({ queryKey, exact: true });
    await queryClient.refetchQueries({ queryKey, exact: true, type: "active" });
  }, pause);
}

const keyOf = (key: readonly unknown[]): QueryKey => {
  const { accessKeyId, region } = session();
  return [accessKeyId, region, ...key];
};

/** While this is shown: asks `key` again whenever one of these things changes (docs/api.md, "changes"), but not twice within `pause` ms. */
export function useChanges(names: readonly string[] | undefined, key: readonly unknown[], pause = 0) {
  const { accessKeyId, region } = session();
  const list = names?.join("\n") ?? "", id = hashKey(key);
  useEffect(() => {
    if (list) return told.watch(list.split("\n"), () => askAgain(keyOf(key), pause));
  }, [list, id, accessKeyId, region, pause]); // eslint-disable-line
}

interface Options {
  changesWith?: readonly string[];
  pause?: number;
  enabled?: boolean;
}

/** A query of this session's account and region; its answer is asked for again when what it shows changes. `before` is the answer so far. */
export function useAsked<T>(key: readonly unknown[], ask: (signal: AbortSignal, before: T | undefined) => Promise<T>, { changesWith, pause, enabled = true }: Options = {}): UseQueryResult<T, Error> {
  useChanges(enabled ? changesWith : undefined, key, pause);
  const queryKey = keyOf(key);
  return useQuery<T, Error>({
    queryKey, enabled,
    queryFn: async ({ signal }) => {
      await told.known();
      return ask(signal, queryClient.getQueryData<T>(queryKey));
    },
  });
}

export interface ServerInfo {
  account: string;
  region: string;
  callerArn: string;
  auth: "off" | "audit" | "enforce";
}
export const useServer = () => useAsked<ServerInfo>(["server"], (signal) => api("server", {}, signal));
export const useMachine = (arn: string) => useAsked<DescribeStateMachineOutput>(["machine", arn], (abortSignal) => sfn().send(new DescribeStateMachineCommand({ stateMachineArn: arn }), { abortSignal }), { enabled: arn !== "", changesWith: [`machine:${arn}`] });
export const useExecution = (arn: string) => useAsked<DescribeExecutionOutput>(["execution", arn], (abortSignal) => sfn().send(new DescribeExecutionCommand({ executionArn: arn }), { abortSignal }));
export const useExecutionMachine = (arn: string) =>
  useAsked(["execution-machine", arn], (abortSignal) => sfn().send(new DescribeStateMachineForExecutionCommand({ executionArn: arn }), { abortSignal }));
export const refresh = (...key: unknown[]) => queryClient.invalidateQueries({ queryKey: keyOf(key) });
