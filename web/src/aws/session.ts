// Whose calls these are: credentials and region, kept for this tab alone.
import { useSyncExternalStore } from "react";

export interface Session {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  region: string;
}

const key = "gantry.session";
const fallback: Session = { accessKeyId: "test", secretAccessKey: "test", region: "us-east-1" };

function read(): Session {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    if (stored && typeof stored === "object") return { ...fallback, ...(stored as Partial<Session>) };
  } catch {
    // What cannot be read was never stored.
  }
  return fallback;
}

let current = read();
const listeners = new Set<() => void>();

export const session = () => current;
export const signedIn = () => current.accessKeyId !== fallback.accessKeyId;

export function setSession(change: Partial<Session>) {
  current = { ...current, ...change };
  sessionStorage.setItem(key, JSON.stringify(current));
  listeners.forEach((tell) => tell());
}

/** Calls `tell` whenever the session changes, until what it gives is called. */
export const onSession = (tell: () => void) => (listeners.add(tell), () => listeners.delete(tell));
export const useSession = () => useSyncExternalStore(onSession, session);
