// The table view: each visit of a state with a bar for its time; iterations and branches under their state.
import { useVirtualizer } from "@tanstack/react-virtual";
import Button from "@cloudscape-design/components/button";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useMemo, useRef, useState } from "react";
import { serviceOf, type StateDefinition } from "../../asl/definition";
import { statusText, type Model, type Visit } from "../../history/model";
import { rows as rowsOf } from "../../history/rows";
import { VisitStatus } from "../../ui/Status";
import { clock, duration } from "../../ui/time";
import { useNow } from "./Summary";

const outcomes = [{ value: "", label: "Any status" }, ...Object.entries(statusText).map(([value, label]) => ({ value, label }))];
const columns = { gridTemplateColumns: "minmax(200px, 1.5fr) 84px 140px minmax(130px, 1fr) 90px minmax(170px, 1.6fr) 110px" };

interface Props {
  model: Model;
  states: ReadonlyMap<string, StateDefinition>;
  selected?: number;
  onSelect: (state: string, visit?: number) => void;
}

function Bar({ visit, status, from, to, start, total }: { visit?: Visit; status: string; from: number; to: number; start: number; total: number }) {
  const place = (a: number, b: number) => ({ insetInlineStart: `min(${((a - start) / total) * 100}%, 100% - 3px)`, width: `${Math.max(0, ((b - a) / total) * 100)}%` });
  // Failed tries in red, the pauses between them hatched.
  const tries = visit && visit.attempts.length > 1 ? visit.attempts : undefined;
  if (!tries) return <div className="gantt"><span className={`status-${status}`} style={place(from, to)} /></div>;
  return (
    <div className="gantt">
      <span className="back-off" style={place(from, to)} />
      {tries.map((a, i) => <span key={i} className={`status-${a.status}`} style={place(a.scheduledAt, a.endedAt ?? to)} />)}
    </div>
  );
}

export default function StepTable({ model, states, selected, onSelect }: Props) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [filter, setFilter] = useState("");
  const [status, setStatus] = useState("");
  const all = useMemo(() => rowsOf(model, closed), [model, closed]);
  // What is looked for is shown without the rows around it.
  const list = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    if (!wanted && !status) return all;
    return rowsOf(model, new Set()).filter((row) => row.visit && (!status || row.status === status) && [row.label, row.visit.type, row.visit.attempts.at(-1)?.resource ?? "", row.visit.error ?? ""].some((t) => t.toLowerCase().includes(wanted))).map((row) => ({ ...row, children: undefined }));
  }, [model, all, filter, status]);
  const body = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: list.length, getScrollElement: () => body.current, estimateSize: () => 40, overscan: 12 });
  const now = useNow(model.status === "running");
  const end = model.endedAt ?? Math.max(model.lastAt, now);
  const total = Math.max(1, end - model.startedAt);
  const toggle = (key: string) => {
    const next = new Set(closed);
    if (!next.delete(key)) next.add(key);
    setClosed(next);
  };
  return (
    <SpaceBetween size="s">
    <SpaceBetween direction="horizontal" size="xs">
      <div style={{ minWidth: 300 }}><TextFilter filteringText={filter} onChange={({ detail }) => setFilter(detail.filteringText)} filteringPlaceholder="Search by name, type, resource or error" filteringAriaLabel="Search the steps" filteringClearAriaLabel="Clear the search" countText={`${list.length} match`} /></div>
      <Select options={outcomes} selectedOption={outcomes.find((o) => o.value === status)!} onChange={({ detail }) => setStatus(detail.selectedOption.value ?? "")} ariaLabel="Status of the steps" />
    </SpaceBetween>
    <div className="rows" role="table" aria-label="Steps" aria-rowcount={list.length + 1}>
      <div role="rowgroup">
        <div className="rows-head" style={columns} role="row">
          {["Name", "Type", "Status", "Resource", "Duration", "Timeline", "Started after"].map((h) => <span key={h} role="columnheader">{h}</span>)}
        </div>
      </div>
      <div className="rows-body" ref={body} style={{ height: Math.min(560, Math.max(80, rows.getTotalSize())) }} tabIndex={0} role="rowgroup" aria-label="Rows of steps">
        <div style={{ height: rows.getTotalSize(), position: "relative" }} role="presentation">
          {rows.getVirtualItems().map((item) => {
            const row = list[item.index];
            const service = row.visit && states.get(row.visit.name) && serviceOf(states.get(row.visit.name)!);
            return (
              <div key={row.key} className={`row ${row.visit && row.visit.id === selected ? "is-selected" : ""}`} style={{ ...columns, height: 40, position: "absolute", transform: `translateY(${item.start}px)` }} role="row" aria-rowindex={item.index + 2}>
                <span role="cell" style={{ paddingInlineStart: row.depth * 18 }}>
                  {row.children && <Button variant="inline-icon" iconName={closed.has(row.key) ? "treeview-expand" : "treeview-collapse"} ariaLabel={`${closed.has(row.key) ? "Open" : "Close"} ${row.label}`} ariaExpanded={!closed.has(row.key)} onClick={() => toggle(row.key)} />}{" "}
                  {row.visit ? <button type="button" className="as-link" dir="auto" onClick={() => onSelect(row.visit!.name, row.visit!.id)}>{row.label}</button> : row.label}
                </span>
                <span role="cell">{row.visit?.type ?? "Iteration"}</span>
                <span role="cell"><VisitStatus status={row.status} /></span>
                <span role="cell">{service ? `${service.title}: ${service.action}` : "-"}</span>
                <span role="cell">{duration((row.to ?? end) - row.from)}</span>
                <span role="cell"><Bar visit={row.visit} status={row.status} from={row.from} to={row.to ?? end} start={model.startedAt} total={total} /></span>
                <span role="cell">{clock(row.from - model.startedAt)}</span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
    </SpaceBetween>
  );
}
