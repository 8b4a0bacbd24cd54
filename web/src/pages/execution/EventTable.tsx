// Every event of a history. Only the rows in sight are in the page, so that 25,000 of them scroll.
import { useVirtualizer } from "@tanstack/react-virtual";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useMemo, useRef, useState } from "react";
import { holds, sought, text, tone, type HistoryEvent } from "../../history/events";
import type { Model } from "../../history/model";
import { JsonText } from "../../ui/JsonText";
import { Nothing } from "../../ui/Page";
import { clock, dateTime } from "../../ui/time";

const columns = { gridTemplateColumns: "32px 56px minmax(190px, 1.1fr) minmax(150px, 1fr) minmax(150px, 1fr) 120px 190px" };
const kinds = [{ value: "", label: "All events" }, { value: "bad", label: "Failures" }, { value: "good", label: "Successes" }, { value: "entered", label: "States entered" }, { value: "task", label: "Tasks" }];

const resource = (event: HistoryEvent): string => {
  const type = text(event, "resourceType"), name = text(event, "resource");
  return type && name ? `${type}:${name}` : (name ?? "");
};

interface Props {
  events: readonly HistoryEvent[];
  count: number;
  model: Model;
  loading: boolean;
  onSelect: (state: string, visit?: number) => void;
}

export default function EventTable({ events, count, model, loading, onSelect }: Props) {
  const [filter, setFilter] = useState("");
  const [kind, setKind] = useState("");
  const [newest, setNewest] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const list = useMemo(() => {
    const wanted = sought(filter);
    const fits = (e: HistoryEvent) => {
      if (kind === "entered" ? !e.type.endsWith("StateEntered") : kind === "task" ? !/^(Task|Lambda|Activity)/.test(e.type) || e.type.includes("State") : kind && tone(e.type) !== kind) return false;
      // The payloads are searched too.
      return !wanted || e.type.toLowerCase().includes(wanted) || (model.owner.get(e.id)?.name.toLowerCase().includes(wanted) ?? false) || holds(e.details, wanted);
    };
    const found = events.slice(0, count).filter(fits);
    return newest ? found.reverse() : found;
  }, [events, count, filter, kind, newest, model]);

  const body = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: list.length, getScrollElement: () => body.current, estimateSize: () => 38, overscan: 12, getItemKey: (i) => list[i].id });
  const start = events[0]?.timestamp ?? 0;
  const toggle = (id: number) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };

  return (
    <Container
      header={
        <Header variant="h2" counter={`(${list.length === events.length ? events.length.toLocaleString("en") : `${list.length.toLocaleString("en")} of ${events.length.toLocaleString("en")}`})`} description={loading ? "More are being read" : undefined}
          actions={<Button iconName={newest ? "angle-up" : "angle-down"} onClick={() => setNewest(!newest)}>{newest ? "Newest first" : "Oldest first"}</Button>}>
          Events
        </Header>
      }
    >
      <SpaceBetween size="s">
        <div className="slider-row" style={{ gridTemplateColumns: "minmax(0, 1fr) 220px" }}>
          <TextFilter filteringText={filter} onChange={({ detail }) => setFilter(detail.filteringText)} filteringPlaceholder="Search in types, states, inputs and outputs" filteringAriaLabel="Search the events" filteringClearAriaLabel="Clear the search" />
          <Select options={kinds} selectedOption={kinds.find((k) => k.value === kind)!} onChange={({ detail }) => setKind(detail.selectedOption.value ?? "")} ariaLabel="Kind of event" />
        </div>
        <div className="rows" role="table" aria-label="Events" aria-rowcount={list.length + 1}>
          <div role="rowgroup">
            <div className="rows-head" style={columns} role="row">
              {["", "ID", "Type", "Step", "Resource", "Started after", "Timestamp"].map((h) => <span key={h} role="columnheader">{h || <span className="visually-hidden">Open</span>}</span>)}
            </div>
          </div>
          <div className="rows-body" ref={body} style={{ height: Math.min(520, Math.max(76, rows.getTotalSize())) }} tabIndex={0} role="rowgroup" aria-label="Rows of events">
            <div style={{ height: rows.getTotalSize(), position: "relative" }} role="presentation">
              {rows.getVirtualItems().map((item) => {
                const event = list[item.index];
                const owner = model.owner.get(event.id);
                const isOpen = open.has(event.id);
                return (
                  <div key={item.key} ref={rows.measureElement} data-index={item.index} style={{ position: "absolute", insetInline: 0, transform: `translateY(${item.start}px)` }} role="presentation">
                    <div className="row" style={{ ...columns, height: 38 }} role="row" aria-rowindex={item.index + 2}>
                      <span role="cell"><Button variant="inline-icon" iconName={isOpen ? "treeview-collapse" : "treeview-expand"} ariaLabel={`${isOpen ? "Close" : "Open"} event ${event.id}`} ariaExpanded={isOpen} onClick={() => toggle(event.id)} /></span>
                      <span role="cell">{event.id}</span>
                      <span role="cell"><span className={`tone tone-${tone(event.type)}`} aria-hidden="true" />{event.type}</span>
                      <span role="cell">{owner ? <button type="button" className="as-link" dir="auto" onClick={() => onSelect(owner.name, owner.id)}>{owner.name}</button> : "-"}</span>
                      <span role="cell" title={resource(event)}>{resource(event) || "-"}</span>
                      <span role="cell">{clock(event.timestamp - start)}</span>
                      <span role="cell">{dateTime(event.timestamp, true)}</span>
                    </div>
                    {isOpen && <div role="row"><div role="cell" style={{ padding: "4px 14px 12px 58px" }}><JsonText value={JSON.stringify({ previousEventId: event.previousEventId, ...event.details })} label={`Event ${event.id}`} name={`event-${event.id}`} /></div></div>}
                  </div>
                );
              })}
            </div>
          </div>
        </div>
        {list.length === 0 && <Nothing title="Nothing matches" text="No event has this text." action={<Button onClick={() => (setFilter(""), setKind(""))}>Clear the filter</Button>} />}
        <Box variant="small" color="text-body-secondary">A history holds at most 25,000 events.</Box>
      </SpaceBetween>
    </Container>
  );
}
