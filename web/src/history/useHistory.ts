// An execution's history, whole and live: what there is by GetExecutionHistory, what comes by the server's push.
import { GetExecutionHistoryCommand } from "@aws-sdk/client-sfn";
import { useEffect, useRef, useState } from "react";
import { follow, unreachable } from "../aws/api";
import { refresh } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { normalise, type HistoryEvent } from "./events";

export interface Followed {
  events: readonly HistoryEvent[];
  loading: boolean;
  live: boolean; // connected to the push
  error?: unknown;
}

export function useHistory(arn: string): Followed {
  const [state, setState] = useState<Followed>({ events: [], loading: true, live: false });
  const events = useRef<HistoryEvent[]>([]);
  useEffect(() => {
    const control = new AbortController();
    let stop: (() => void) | undefined;
    let drawn = 0;
    events.current = [];
    setState({ events: [], loading: true, live: false });
    const show = (change: Partial<Followed>) => setState((before) => ({ ...before, ...change, events: events.current }));
    const add = (more: HistoryEvent[]) => {
      const last = events.current.at(-1)?.id ?? 0;
      const fresh = more.filter((e) => e.id > last);
      if (fresh.length > 0) events.current = [...events.current, ...fresh];
    };
    // Several messages within one frame are drawn once.
    const draw = () => {
      cancelAnimationFrame(drawn);
      drawn = requestAnimationFrame(() => show({}));
    };
    const read = async () => {
      let nextToken: string | undefined;
      do {
        const page = await sfn().send(new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000, nextToken }), { abortSignal: control.signal });
        add((page.events ?? []).map(normalise));
        nextToken = page.nextToken;
        show({ error: undefined });
      } while (nextToken);
    };
    void (async () => {
      try {
        for (let pause = 500; ; pause = Math.min(pause * 2, 10_000)) {
          try {
            await read();
            break;
          } catch (error) {
            if (control.signal.aborted || !unreachable(error)) throw error;
            show({ error });
            await new Promise((resolve) => setTimeout(resolve, pause));
          }
        }
        show({ loading: false });
        if (control.signal.aborted) return;
        stop = follow(
          "executions/events", { executionArn: arn },
          (message) => {
            if (message.event === "events") {
              add((JSON.parse(message.data) as { events: unknown[] }).events.map(normalise));
              draw();
            } else if (message.event === "status") void refresh("execution", arn);
          },
          (live) => show({ live }),
          String(events.current.at(-1)?.id ?? 0),
        );
      } catch (error) {
        if (!control.signal.aborted) show({ loading: false, error });
      }
    })();
    return () => {
      control.abort();
      cancelAnimationFrame(drawn);
      stop?.();
    };
  }, [arn]);
  return state;
}
