// What the server tells about changes (docs/api.md, "changes"): one stream a tab, for everything that its pages show. It says
// that something changed, not what: who is told asks again.
import { follow } from "./api";
import { onSession } from "./session";

type Told = () => void;
type Follow = typeof follow;

/** As many as the server takes of one reader. */
const most = 100;

/** The things that are watched, and the one connection that tells of them. */
export class Changes {
  private watchers = new Map<string, Set<Told>>();
  private connected = new Set<string>();
  private stop: (() => void) | undefined;
  private pending = false;
  private told: string | undefined; // the id of the last message: the next connection tells what changed behind it
  private lost = false;
  private ready!: Promise<void>;
  private isReady!: () => void;

  constructor(private followed: Follow, private onBack: () => void = () => undefined) {
    this.restart();
  }

  /**
   * Resolves once it is known from where on changes are told: what is asked for after that misses none. It resolves as well when
   * there is no such connection, so that pages show what they can.
   */
  known(): Promise<void> {
    return this.ready;
  }

  /** Calls `told` whenever one of these has changed, until what it gives is called. */
  watch(names: readonly string[], told: Told): () => void {
    for (const name of names) this.watchers.set(name, (this.watchers.get(name) ?? new Set()).add(told));
    this.connectSoon();
    return () => {
      for (const name of names) {
        const there = this.watchers.get(name);
        there?.delete(told);
        if (there?.size === 0) this.watchers.delete(name);
      }
      this.connectSoon();
    };
  }

  /** Other credentials, another region: nothing that was told before means anything. */
  restart(): void {
    this.told = undefined;
    this.isReady?.();
    this.ready = new Promise((resolve) => (this.isReady = resolve));
    this.connect();
  }

  // A page that opens brings several names, and one that closes takes as many: one connection for them all.
  private connectSoon(): void {
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      const wanted = this.wanted();
      if (wanted.length !== this.connected.size || wanted.some((name) => !this.connected.has(name))) this.connect();
    });
  }

  private wanted(): string[] {
    return [...this.watchers.keys()].sort().slice(0, most);
  }

  private connect(): void {
    this.stop?.();
    const names = this.wanted();
    this.connected = new Set(names);
    let current = true;
    const stop = this.followed(
      "changes", { watch: names },
      ({ id, data }) => {
        if (!current) return;
        this.told = id ?? this.told;
        this.isReady();
        const { changed = [] } = JSON.parse(data) as { changed?: string[] };
        for (const told of new Set(changed.flatMap((name) => [...(this.watchers.get(name) ?? [])]))) told();
      },
      (live) => {
        if (!current) return;
        if (!live) this.isReady();
        if (live && this.lost) this.onBack();
        this.lost = !live;
      },
      this.told,
    );
    this.stop = () => ((current = false), stop());
  }
}

let made: Changes | undefined;
/** Those of this tab. */
export function changes(onBack?: () => void): Changes {
  if (!made) {
    const here = new Changes(follow, onBack);
    onSession(() => here.restart());
    made = here;
  }
  return made;
}
