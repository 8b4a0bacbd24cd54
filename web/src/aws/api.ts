// The server's own calls, below /_gantry/api/ (docs/api.md): signed like AWS's, answered in JSON or as a stream of events.
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { session } from "./session";

export class ApiError extends Error {
  constructor(readonly status: number, name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Whether it was the way to the server that failed: then it is worth to ask again. */
export const unreachable = (error: unknown): boolean => (error instanceof TypeError && /fetch|network/i.test(error.message)) || (error instanceof ApiError && error.status >= 500);

export type Query = Record<string, string | string[]>;

async function signedHeaders(path: string, query: Query, headers: Record<string, string>): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken, region } = session();
  const signer = new SignatureV4({ service: "states", region, credentials: { accessKeyId, secretAccessKey, sessionToken }, sha256: Sha256, applyChecksum: false });
  const { host, protocol } = window.location;
  const signed = await signer.sign({ method: "GET", protocol, hostname: host, path, query, headers: { host } });
  const { host: _, ...rest } = signed.headers;
  return { ...rest, ...headers };
}

async function ask(name: string, query: Query, options: { signal?: AbortSignal; headers?: Record<string, string> } = {}): Promise<Response> {
  const path = `/_gantry/api/${name}`;
  const text = Object.entries(query).flatMap(([k, v]) => [v].flat().map((one) => `${encodeURIComponent(k)}=${encodeURIComponent(one)}`)).join("&");
  const headers = await signedHeaders(path, query, options.headers ?? {});
  const response = await fetch(text ? `${path}?${text}` : path, { headers, signal: options.signal });
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { __type?: string; message?: string };
  throw new ApiError(response.status, body.__type ?? "Error", body.message ?? `The server answered ${response.status}.`);
}

export async function api<T>(name: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return (await ask(name, query, { signal })).json() as Promise<T>;
}
export async function apiText(name: string): Promise<string> {
  return (await ask(name, {})).text();
}

export interface ServerEvent {
  event: string;
  id?: string;
  data: string;
}

/** Takes a text/event-stream apart, however its bytes arrive. */
export class EventStreamParser {
  private rest = "";
  push(text: string): ServerEvent[] {
    this.rest += text;
    const found: ServerEvent[] = [];
    for (let end = this.rest.indexOf("\n\n"); end >= 0; end = this.rest.indexOf("\n\n")) {
      const block = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + 2);
      const message: ServerEvent = { event: "message", data: "" };
      for (const line of block.split("\n")) {
        const colon = line.indexOf(":");
        if (colon <= 0) continue;
        const value = line.slice(colon + 1).replace(/^ /, "");
        const field = line.slice(0, colon);
        if (field === "event") message.event = value;
        else if (field === "id") message.id = value;
        else if (field === "data") message.data += (message.data ? "\n" : "") + value;
      }
      if (message.data) found.push(message);
    }
    return found;
  }
}

/** Resolves when somebody looks at this tab, or nobody wants to know any more. */
async function shown(signal: AbortSignal): Promise<void> {
  while (document.visibilityState === "hidden" && !signal.aborted) {
    await new Promise<void>((resolve) => {
      document.addEventListener("visibilitychange", () => resolve(), { once: true, signal });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/**
 * Follows a stream until `stop` is called; comes back by itself, where it stopped, when the connection is lost. A tab that nobody
 * looks at holds no connection: a browser has few of them for all its tabs together.
 */
export function follow(name: string, query: Query, onEvent: (event: ServerEvent) => void, onState?: (live: boolean) => void, last?: string): () => void {
  const control = new AbortController();
  const { signal } = control;
  void (async () => {
    for (let pause = 500; !signal.aborted; ) {
      await shown(signal);
      if (signal.aborted) return;
      const connection = new AbortController();
      const leave = () => connection.abort();
      const hide = () => document.visibilityState === "hidden" && leave();
      signal.addEventListener("abort", leave);
      document.addEventListener("visibilitychange", hide);
      try {
        const response = await ask(name, query, { signal: connection.signal, headers: last ? { "Last-Event-ID": last } : {} });
        onState?.(true);
        pause = 500;
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        const parser = new EventStreamParser();
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          for (const event of parser.push(value)) {
            if (event.id) last = event.id;
            onEvent(event);
          }
        }
      } catch (error) {
        if (error instanceof ApiError && error.status < 500) return onState?.(false);
      } finally {
        signal.removeEventListener("abort", leave);
        document.removeEventListener("visibilitychange", hide);
      }
      if (signal.aborted) return;
      // Hidden, it goes on when it is looked at again, as if nothing had happened.
      if (connection.signal.aborted) continue;
      onState?.(false);
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, 10_000);
    }
  })();
  return () => control.abort();
}
