// One history in its views: the graph with the step's details beside it, the table with its bars, the events; and the
// slider that goes back in time. The same for a live execution and for an imported file.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { lazy, Suspense, useDeferredValue, useEffect, useMemo, useState } from "react";
import { allStates, parseDefinition } from "../../asl/definition";
import type { HistoryEvent } from "../../history/events";
import { build, statusText, summarise, type Scope } from "../../history/model";
import { pending, type Pending } from "../../history/pending";
import type { Facts } from "../../history/stages";
import { nextMoment, stride } from "../../history/replay";
import { go, type Place } from "../../router";
import { useKeys } from "../../ui/keys";
import { notify, notifyError } from "../../ui/notices";
import { Waiting } from "../../ui/Page";
import { clock, duration } from "../../ui/time";
import EventTable from "./EventTable";
import StepDetails from "./StepDetails";
import StepTable from "./StepTable";
import { useNow } from "./Summary";

const Graph = lazy(() => import("../../graph/Graph"));

interface Props {
  events: readonly HistoryEvent[];
  definition?: string;
  place: Place;
  loading: boolean;
  running: boolean;
  name: string;
  base: (query: Record<string, string | undefined>) => string;
  /** Whether the addresses lead there for others too. */
  shared?: boolean;
  machineArn?: string;
  facts?: Facts;
}

const noFacts: Facts = {};

export default function HistoryViews({ events, definition, place, loading, running, name, base, shared, machineArn, facts = noFacts }: Props) {
  const [until, setUntil] = useState<number>(); // events shown; undefined: all of them
  const [replay, setReplay] = useState(false);
  const [playing, setPlaying] = useState(false);
  const [iterations, setIterations] = useState<ReadonlyMap<string, string>>(new Map());
  const view = place.query.get("view") ?? "graph";
  const selected = place.query.get("state") ?? undefined;
  const visitId = Number(place.query.get("visit") ?? 0) || undefined;

  const count = until === undefined ? events.length : Math.min(until, events.length);
  const shown = useDeferredValue(count);
  const machine = useMemo(() => (definition ? parseDefinition(definition) : undefined), [definition]);
  const states = useMemo(() => allStates(machine), [machine]);
  const model = useMemo(() => build(shown === events.length ? events : events.slice(0, shown)), [events, shown]);
  const chosen = useMemo(() => {
    const out = new Map<string, Scope>();
    for (const [map, key] of iterations) {
      const scope = model.byName.get(map)?.flatMap((v) => v.scopes).find((s) => s.key === key);
      if (scope) out.set(map, scope);
    }
    return out;
  }, [iterations, model]);
  const summaries = useMemo(() => summarise(model, chosen), [model, chosen]);
  const waits = useMemo(() => (running && until === undefined ? pending(model, states) : []), [model, states, running, until]);

  const to = (change: Record<string, string | undefined>) => {
    const now: Record<string, string | undefined> = { view: place.query.get("view") ?? undefined, state: selected, visit: visitId ? String(visitId) : undefined, ...change };
    go(base(now), "replace");
  };
  const select = (state: string | undefined, visit?: number) => to({ state, visit: visit ? String(visit) : undefined });
  const showUntil = (n: number) => setUntil(n >= events.length ? undefined : Math.max(1, n));
  const step = (by: number) => (setPlaying(false), showUntil(count + by));
  const moment = (by: 1 | -1) => (setPlaying(false), showUntil(nextMoment(events, count, by)));
  const play = () => {
    setReplay(true);
    if (!playing && count === events.length) showUntil(1);
    setPlaying(!playing);
  };
  useEffect(() => {
    if (!playing) return;
    const by = stride(events);
    const timer = setTimeout(() => {
      let next = count;
      for (let i = 0; i < by; ++i) next = nextMoment(events, next, 1);
      showUntil(next);
      if (next >= events.length) setPlaying(false);
    }, 600);
    return () => clearTimeout(timer);
  }, [playing, count, events]); // eslint-disable-line
  // What is replayed shows the data of the state that the moment belongs to.
  const here = replay && until !== undefined && shown > 0 ? model.owner.get(events[shown - 1]?.id) : undefined;
  useEffect(() => {
    if (here && here.id !== visitId) select(here.name, here.id);
  }, [here?.id]); // eslint-disable-line
  const neighbour = (by: number) => {
    const order = [...states.keys()];
    const at = selected ? order.indexOf(selected) : by > 0 ? -1 : order.length;
    const next = order[at + by];
    if (next) select(next);
  };
  useKeys({ "[": () => (setReplay(true), step(-1)), "]": () => step(1), j: () => neighbour(1), k: () => neighbour(-1), p: play, v: () => to({ view: view === "table" ? undefined : "table" }), l: () => void copyLink() });

  const visit = visitId ?? (selected ? model.byName.get(selected)?.at(-1)?.id : undefined);
  const link = shared ? `${window.location.origin}${window.location.pathname}${base({ view: view === "graph" ? undefined : view, state: selected, visit: visit ? String(visit) : undefined })}` : undefined;
  const copyLink = async () => {
    if (!link) return;
    try {
      await navigator.clipboard.writeText(link);
      notify("success", selected ? `It opens this execution with ${selected} selected.` : "It opens this execution.", "The link was copied");
    } catch (error) {
      notifyError("The link was not copied", error);
    }
  };
  const maps = [...model.byName.entries()].filter(([, visits]) => visits[0].type === "Map" && visits.some((v) => v.scopes.length > 0));
  const at = events[count - 1];

  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="s" alignItems="center">
                <Toggle checked={replay} onChange={({ detail }) => (setReplay(detail.checked), setPlaying(false), !detail.checked && setUntil(undefined))}>Time slider</Toggle>
                <SegmentedControl selectedId={view} label="View" onChange={({ detail }) => to({ view: detail.selectedId === "graph" ? undefined : detail.selectedId })} options={[{ id: "graph", text: "Graph view" }, { id: "table", text: "Table view" }]} />
              </SpaceBetween>
            }
          >
            {view === "table" ? "Table view" : "Graph view"}
          </Header>
        }
      >
        <SpaceBetween size="m">
          {replay && events.length > 0 && (
            <div className="slider-row">
              <SpaceBetween direction="horizontal" size="xxs">
                <Button iconName="angle-left-double" ariaLabel="One state back" disabled={count <= 1} onClick={() => moment(-1)} />
                <Button iconName="angle-left" ariaLabel="One event back" disabled={count <= 1} onClick={() => step(-1)} />
                <Button iconName={playing ? "pause" : "play"} ariaLabel={playing ? "Pause the replay" : "Replay state by state"} onClick={play} />
                <Button iconName="angle-right" ariaLabel="One event on" disabled={until === undefined} onClick={() => step(1)} />
                <Button iconName="angle-right-double" ariaLabel="One state on" disabled={until === undefined} onClick={() => moment(1)} />
              </SpaceBetween>
              <input type="range" min={1} max={events.length} value={count} aria-label="Moment of the execution" aria-valuetext={at ? `event ${at.id}, ${at.type}` : undefined}
                onChange={(e) => (setPlaying(false), showUntil(Number(e.target.value)))} />
              <Box fontSize="body-s">{at && <>event {at.id} of {events.length}: <b>{at.type}</b>, after {clock(at.timestamp - model.startedAt)}</>}</Box>
            </div>
          )}
          {waits.length > 0 && <Waits waits={waits} onSelect={(v) => select(v.visit.name, v.visit.id)} />}
          {maps.length > 0 && view === "graph" && (
            <SpaceBetween direction="horizontal" size="s">
              {maps.map(([map, visits]) => {
                const scopes = visits.flatMap((v) => v.scopes);
                const options = [{ value: "", label: `All ${scopes.length} iterations` }, ...scopes.map((s) => ({ value: s.key, label: `#${s.index}: ${statusText[s.status]}`, tags: [duration((s.endedAt ?? model.lastAt) - s.startedAt)] }))];
                const value = iterations.get(map) ?? "";
                return (
                  <Select key={map} inlineLabelText={map} options={options} selectedOption={options.find((o) => o.value === value) ?? options[0]} virtualScroll filteringType={scopes.length > 10 ? "auto" : "none"} filteringAriaLabel="Find an iteration" filteringClearAriaLabel="Clear the search"
                    onChange={({ detail }) => setIterations(new Map(iterations).set(map, detail.selectedOption.value ?? ""))} />
                );
              })}
            </SpaceBetween>
          )}
          {view === "graph" ? (
            <div className="exec-split">
              <Suspense fallback={<Waiting />}>
                <Graph machine={machine} summaries={summaries} executionStatus={model.status} selected={selected} onSelect={(s) => select(s)} height={560} fileName={name} />
              </Suspense>
              <StepDetails model={model} states={states} selected={selected} visitId={visitId} chosen={chosen} events={events} onSelect={select} onCopyLink={link ? () => void copyLink() : undefined} machine={machineArn} language={machine?.QueryLanguage} facts={facts} computes={Boolean(shared)} />
            </div>
          ) : (
            <SpaceBetween size="m">
              <StepTable model={model} states={states} selected={visitId ?? (selected ? model.byName.get(selected)?.at(-1)?.id : undefined)} onSelect={select} />
              {selected && <StepDetails model={model} states={states} selected={selected} visitId={visitId} chosen={chosen} events={events} onSelect={select} onCopyLink={link ? () => void copyLink() : undefined} machine={machineArn} language={machine?.QueryLanguage} facts={facts} computes={Boolean(shared)} />}
            </SpaceBetween>
          )}
        </SpaceBetween>
      </Container>
      {loading && events.length === 0 ? <Waiting text="Loading the history" /> : events.length === 0 ? <Alert type="info">There is no history yet.</Alert> : <EventTable events={events} count={count} model={model} onSelect={select} loading={loading} />}
    </SpaceBetween>
  );
}

const words: Record<Pending["kind"], string> = { wait: "waits", retry: "is tried again", timeout: "times out", callback: "waits for its task token" };

function Waits({ waits, onSelect }: { waits: Pending[]; onSelect: (pending: Pending) => void }) {
  const now = useNow(true);
  return (
    <Alert type="info" header="What is waited for">
      {waits.slice(0, 5).map((w) => (
        <div key={w.visit.id}>
          <Button variant="inline-link" onClick={() => onSelect(w)}>{w.visit.name}</Button> {words[w.kind]}
          {w.due !== undefined && (w.due > now ? <>{w.kind === "callback" ? ", at most " : " "}{w.kind === "wait" ? "for " : "in "}<b>{duration(w.due - now)}</b></> : " at any moment")}
        </div>
      ))}
      {waits.length > 5 && <div>and {waits.length - 5} more</div>}
    </Alert>
  );
}
