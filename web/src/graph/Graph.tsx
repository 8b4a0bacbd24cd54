// The visual workflow: a definition drawn, and coloured by what an execution did.
import { Background, BackgroundVariant, EdgeLabelRenderer, Handle, MarkerType, Position, ReactFlow, ReactFlowProvider, useNodesInitialized, useReactFlow, useStore, type Edge, type EdgeProps, type Node, type NodeHandle, type NodeProps } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { memo, useCallback, useEffect, useMemo, useRef, useState, type DragEvent, type KeyboardEvent } from "react";
import ButtonGroup from "@cloudscape-design/components/button-group";
import Spinner from "@cloudscape-design/components/spinner";
import { serviceOf, type Machine } from "../asl/definition";
import type { Slot } from "../asl/edit";
import { toGraph } from "../asl/graph";
import { statusText, type StateSummary, type Status } from "../history/model";
import { StateIcon } from "./icons";
import { layOut, pathOf, type Direction, type Layout, type PlacedEdge, type PlacedNode } from "./layout";
import { toSvg } from "./picture";
import { boxesOf, neighbour, type Arrow } from "./neighbour";
import { takenEdges } from "./taken";
import { nearest, placesOf, type PutPlace } from "./places";
import { download } from "../ui/download";
import "./graph.css";

type StateNode = Node<{ node: PlacedNode; summary?: StateSummary; past: boolean; direction: Direction; editing?: Editing; place?: PutPlace; aimed?: boolean }>;
type WorkflowEdge = Edge<{ edge: PlacedEdge; taken: boolean; past: boolean; aimed: boolean }>;

/** What is dragged onto the picture: something of the palette, or a state of the picture itself. */
export type Dragged = { item: string } | { state: string };
export const dragType = "application/x-gantry-state";

/** How the picture is edited: what happens at a place, the definition's owner decides. */
export interface Editing {
  onInsert: (slots: Slot[], words: string) => void;
  onDrop: (slots: Slot[], dragged: Dragged) => void;
}

function describe(node: PlacedNode): string {
  const called = node.state && serviceOf(node.state);
  if (called) return `${called.title}: ${called.action}`;
  return node.state?.Type ? `${node.state.Type} state` : "";
}

const statusLabel = (status: Status | undefined, past: boolean) => (status ? statusText[status] : past ? "Not started" : "");

const StatusMark = ({ status }: { status: Status }) => (
  <svg className={`status-mark status-${status}`} width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="7.4" />
    {status === "succeeded" && <path d="M4.6 8.3l2.3 2.3 4.4-4.9" />}
    {(status === "failed" || status === "timedOut") && <path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" />}
    {status === "caught" && <path d="M8 4.2v4.6M8 11.4v.2" />}
    {status === "aborted" && <path d="M4.6 8h6.8" />}
    {status === "running" && <path className="status-spin" d="M8 4.2a3.8 3.8 0 1 1-3.8 3.8" />}
  </svg>
);

const StateBox = memo(({ data, selected }: NodeProps<StateNode>) => {
  const { node, summary, past, direction, editing } = data;
  const vertical = direction === "DOWN";
  const status = summary?.status;
  const counts = summary && summary.visits.length > 1 ? summary.counts : undefined;
  return (
    <div className={`state-box ${node.kind} ${status ? `is-${status}` : past ? "is-waiting" : "is-plain"} ${selected ? "is-selected" : ""}`}>
      <Handle type="target" position={vertical ? Position.Top : Position.Left} isConnectable={false} />
      <div className={editing ? "state-head nopan" : "state-head"} draggable={editing !== undefined} onDragStart={editing && ((event: DragEvent) => (event.dataTransfer.setData(dragType, JSON.stringify({ state: node.id } satisfies Dragged)), (event.dataTransfer.effectAllowed = "move")))}>
        <StateIcon state={node.state} size={34} />
        <div className="state-words">
          <div className="state-kind">{describe(node)}</div>{" "}
          <div className="state-name" title={node.name} dir="auto">{node.name}</div>
          <span className="visually-hidden">{statusLabel(status, past)}</span>
        </div>
        {status && !counts && <StatusMark status={status} />}
        {counts && (
          <div className="state-counts" aria-hidden="true">
            {(Object.entries(counts) as Array<[Status, number]>).map(([s, n]) => (
              <span key={s} className={`count status-${s}`} title={`${n} ${statusText[s].toLowerCase()}`}>{n}</span>
            ))}
          </div>
        )}
      </div>
      <Handle type="source" position={vertical ? Position.Bottom : Position.Right} isConnectable={false} />
    </div>
  );
});

const MarkBox = memo(({ data }: NodeProps<StateNode>) => (
  <div className={`mark-box ${data.summary ? `is-${data.summary.status}` : ""} ${data.node.parent ? "is-dot" : ""}`}>
    <Handle type="target" position={Position.Top} isConnectable={false} />
    {data.node.name}
    <Handle type="source" position={Position.Bottom} isConnectable={false} />
  </div>
));

const EmptyBox = memo(({ data }: NodeProps<StateNode>) => (
  <div className={`empty-box ${data.aimed ? "is-aimed" : ""}`}>
    <Handle type="target" position={data.direction === "DOWN" ? Position.Top : Position.Left} isConnectable={false} />
    <button type="button" className="nopan" onClick={() => data.place && data.editing?.onInsert(data.place.slots, data.place.words)} aria-label={`Insert a state ${data.place?.words ?? ""}`}>{data.node.name}</button>
  </div>
));

const WorkflowLine = memo(({ data, markerEnd }: EdgeProps<WorkflowEdge>) => {
  if (!data) return null;
  const { edge } = data;
  return (
    <>
      <path d={pathOf(edge.points)} className={`edge-line edge-${edge.kind} ${data.aimed ? "is-aimed" : data.taken ? "is-taken" : data.past ? "is-untaken" : ""}`} markerEnd={markerEnd} fill="none" />
      {edge.label && edge.labelAt && (
        <foreignObject x={edge.labelAt.x - edge.labelAt.width / 2} y={edge.labelAt.y - 9} width={edge.labelAt.width} height={18}>
          <div className="edge-label" title={edge.label}>{edge.label}</div>
        </foreignObject>
      )}
    </>
  );
});

/** The + on every edge: as large when the picture is small. */
function AddButtons({ places, aim, editing }: { places: PutPlace[]; aim: string | undefined; editing: Editing }) {
  const zoom = useStore((state) => state.transform[2]);
  const scale = Math.min(2, Math.max(1, 1.02 / zoom));
  return places.filter((p) => p.empty === undefined).map((p) => (
    <button key={p.id} type="button" className={`edge-add nopan ${p.id === aim ? "is-aimed" : ""}`} style={{ transform: `translate(-50%, -50%) translate(${p.x}px, ${p.y}px) scale(${scale})` }} title="Insert a state here" aria-label={`Insert a state ${p.words}`} onClick={() => editing.onInsert(p.slots, p.words)} />
  ));
}

/** Where lines come in and go out. */
const handlesOf = ({ width, height }: PlacedNode, direction: Direction): NodeHandle[] =>
  direction === "DOWN"
    ? [{ type: "target", position: Position.Top, x: width / 2, y: 0, width: 1, height: 1 }, { type: "source", position: Position.Bottom, x: width / 2, y: height, width: 1, height: 1 }]
    : [{ type: "target", position: Position.Left, x: 0, y: height / 2, width: 1, height: 1 }, { type: "source", position: Position.Right, x: width, y: height / 2, width: 1, height: 1 }];

/** Names can be read down to here. */
const legible = 0.5;
/** From so many nodes on only those in sight are in the page. */
const drawnInSight = 150;
const nodeTypes = { state: StateBox, mark: MarkBox, empty: EmptyBox };
const edgeTypes = { workflow: WorkflowLine };

export interface GraphProps {
  machine: Machine | undefined;
  /** Set when an execution is shown: states without a summary were not reached. */
  summaries?: Map<string, StateSummary>;
  executionStatus?: Status;
  selected?: string;
  onSelect?: (name: string | undefined) => void;
  height?: number | string;
  fileName?: string;
  problems?: ReadonlySet<string>;
  editing?: Editing;
  /** Told once the picture is there, or that there is none. */
  onDrawn?: () => void;
}

export default function Graph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ machine, summaries, executionStatus, selected, onSelect, height = 520, fileName = "workflow", problems, editing, onDrawn }: GraphProps) {
  const [direction, setDirection] = useState<Direction>("DOWN");
  const [layout, setLayout] = useState<Layout>();
  const [failure, setFailure] = useState<string>();
  const flow = useReactFlow();
  const box = useRef<HTMLDivElement>(null);
  const measured = useNodesInitialized();
  const ready = measured || (layout?.nodes.length ?? 0) > drawnInSight; // there what is out of sight is never measured
  const shape = useMemo(() => (machine ? JSON.stringify(toGraph(machine, editing !== undefined)) : ""), [machine, editing !== undefined]); // eslint-disable-line

  useEffect(() => {
    if (!shape) return setLayout(undefined);
    let current = true;
    layOut(JSON.parse(shape), direction).then(
      (found) => current && (setLayout(found), setFailure(undefined)),
      (error: unknown) => current && setFailure(String(error)),
    );
    return () => void (current = false);
  }, [shape, direction]);

  // What would be too small to read as a whole is shown from its beginning. The buttons and the legend hide nothing of it.
  const legend = summaries !== undefined;
  const fit = useCallback((whole = false) => {
    const view = box.current?.getBoundingClientRect();
    if (!view || !layout) return;
    const top = 54, height = view.height - top - (legend ? 44 : 12);
    const fitting = Math.min(1, (view.width * 0.95) / layout.width, height / layout.height);
    const zoom = whole ? Math.max(0.05, fitting) : Math.max(legible, fitting);
    const first = layout.nodes.find((n) => n.kind === "start" && !n.parent);
    // In the middle where there is room for all of it, else around where it begins.
    const place = (size: number, extent: number, at: number) => (extent * zoom <= size ? (size - extent * zoom) / 2 : size / 2 - at * zoom);
    const across = place(view.width, layout.width, (first?.x ?? 0) + (first?.width ?? 0) / 2), along = place(height, layout.height, (first?.y ?? 0) + (first?.height ?? 0) / 2);
    const down = direction === "DOWN";
    void flow.setViewport({ zoom, x: down || layout.width * zoom <= view.width ? across : 24, y: top + (down && layout.height * zoom > height ? 0 : along) });
  }, [flow, layout, direction, legend]);
  const told = useRef(onDrawn);
  told.current = onDrawn;
  useEffect(() => {
    if (!failure && !(ready && layout)) return;
    // After the browser has shown it.
    const wait = requestAnimationFrame(() => setTimeout(() => told.current?.()));
    return () => cancelAnimationFrame(wait);
  }, [ready, layout, failure]);
  const fitted = useRef(false);
  useEffect(() => {
    if (!ready || !layout) return;
    // While it is edited the picture stays where it is; only what has become chosen is brought into sight.
    if (!editing || !fitted.current) fit();
    fitted.current = true;
  }, [ready, layout, fit]); // eslint-disable-line
  useEffect(() => {
    const node = selected !== undefined && ready ? flow.getInternalNode(selected) : undefined;
    if (!node || !box.current) return;
    const { x, y } = flow.flowToScreenPosition(node.internals.positionAbsolute), { zoom } = flow.getViewport();
    // What had the focus is gone with an edit: the chosen state takes it.
    if (editing && document.activeElement === document.body) box.current.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(selected!)}"]`)?.focus({ preventScroll: true });
    const view = box.current.getBoundingClientRect();
    const w = (node.width ?? 200) * zoom, h = Math.min((node.height ?? 60) * zoom, 200);
    if (x < view.left || y < view.top || x + w > view.right || y + h > view.bottom) void flow.setCenter(node.internals.positionAbsolute.x + (node.width ?? 200) / 2, node.internals.positionAbsolute.y + 60, { zoom });
  }, [selected, layout, ready]); // eslint-disable-line

  const places = useMemo(() => (editing && layout ? placesOf(layout) : []), [layout, editing !== undefined]); // eslint-disable-line
  const [aim, setAim] = useState<string>(); // the place that what is dragged would go to
  const over = (event: DragEvent) => {
    if (!editing || !event.dataTransfer.types.includes(dragType)) return;
    event.preventDefault();
    setAim(nearest(places, flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }))?.id);
  };
  const drop = (event: DragEvent) => {
    const place = nearest(places, flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }));
    setAim(undefined);
    const dragged = event.dataTransfer.getData(dragType);
    if (!editing || !place || !dragged) return;
    event.preventDefault();
    editing.onDrop(place.slots, JSON.parse(dragged) as Dragged);
  };
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(() => fit());
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [fit]);

  // One state of the picture is in the order of the Tab key; the arrows go on from there.
  const boxes = useMemo(() => boxesOf(layout?.nodes ?? []), [layout]);
  const entry = selected !== undefined && boxes.some((b) => b.id === selected) ? selected : boxes[0]?.id;
  const arrows = (event: KeyboardEvent) => {
    const from = (event.target as HTMLElement).classList.contains("react-flow__node") ? (event.target as HTMLElement).dataset.id : undefined;
    if (!from || !event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = neighbour(boxes, from, event.key as Arrow);
    if (next === undefined) return;
    onSelect?.(next);
    const element = () => box.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(next)}"]`);
    const focus = () => element()?.focus({ preventScroll: true });
    if (element()) return focus();
    // Far from sight a state has no element yet.
    const to = boxes.find((b) => b.id === next)!;
    void flow.setCenter((to.left + to.right) / 2, to.top, { zoom: flow.getZoom() }).then(() => requestAnimationFrame(focus));
  };

  const past = summaries !== undefined;
  const emptyPlace = (id: string) => {
    const place = places.find((p) => p.empty === id);
    return { place, aimed: place !== undefined && place.id === aim };
  };
  const nodes = useMemo<StateNode[]>(() => {
    const end: StateSummary | undefined = executionStatus === "succeeded" ? { status: "succeeded", counts: {}, visits: [] } : undefined;
    return (layout?.nodes ?? []).map((node) => {
      const isMark = node.kind === "start" || node.kind === "end";
      const summary = isMark ? (node.kind === "start" && past ? { status: "succeeded" as const, counts: {}, visits: [] } : end) : summaries?.get(node.id);
      return {
        id: node.id, type: isMark ? "mark" : node.kind === "empty" ? "empty" : "state", position: { x: node.x, y: node.y }, parentId: node.parent, width: node.width, height: node.height,
        // Sizes and ends of lines are known: were they measured, nodes that are replaced meanwhile would lose their lines.
        measured: { width: node.width, height: node.height }, handles: handlesOf(node, direction),
        data: { node, summary, past, direction, editing, ...(node.kind === "empty" ? emptyPlace(node.id) : {}) }, selected: node.id === selected, selectable: !isMark && node.kind !== "empty", focusable: !isMark && node.kind !== "empty", draggable: false, connectable: false,
        className: problems?.has(node.id) ? "has-problem" : undefined,
        zIndex: node.kind === "group" ? 0 : 1, domAttributes: isMark || node.kind === "empty" ? undefined : { "aria-pressed": node.id === selected, role: "button", tabIndex: node.id === entry ? 0 : -1 } as never,
      };
    });
  }, [layout, summaries, selected, entry, past, direction, executionStatus, problems, editing, places, aim]); // eslint-disable-line

  const edges = useMemo<WorkflowEdge[]>(() => {
    const taken = takenEdges(summaries, layout?.edges ?? [], executionStatus === "succeeded");
    return (layout?.edges ?? []).map((edge) => ({
      id: edge.id, source: edge.from, target: edge.to, type: "workflow", data: { edge, taken: taken.has(edge.id), past, aimed: edge.id === aim }, selectable: false, focusable: false, zIndex: 1,
      markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: "var(--edge-colour)" },
    }));
  }, [layout, summaries, past, executionStatus, aim]);

  const tools: Record<string, () => unknown> = {
    turn: () => setDirection(direction === "DOWN" ? "RIGHT" : "DOWN"), in: () => flow.zoomIn(), out: () => flow.zoomOut(), fit: () => fit(true), full: () => box.current?.requestFullscreen(),
    save: () => layout && download(`${fileName}.svg`, "image/svg+xml", toSvg(layout, summaries)),
  };

  return (
    <div className={`workflow ${editing ? "is-editing" : ""} ${aim ? "is-aiming" : ""}`} style={{ height }} ref={box} onKeyDownCapture={arrows} onDragOver={over} onDragLeave={() => setAim(undefined)} onDrop={drop}>
      <div className="workflow-tools">
        <ButtonGroup
          variant="icon" ariaLabel="The picture"
          onItemClick={({ detail }) => tools[detail.id]?.()}
          items={[
            { type: "icon-button", id: "turn", iconName: direction === "DOWN" ? "arrow-right" : "arrow-down", text: direction === "DOWN" ? "Left to right" : "Top to bottom" },
            { type: "icon-button", id: "in", iconName: "zoom-in", text: "Zoom in" },
            { type: "icon-button", id: "out", iconName: "zoom-out", text: "Zoom out" },
            { type: "icon-button", id: "fit", iconName: "zoom-to-fit", text: "Fit to view" },
            { type: "icon-button", id: "full", iconName: "full-screen", text: "Full screen" },
            { type: "icon-button", id: "save", iconName: "download", text: "Download as SVG" },
          ]}
        />
      </div>
      {!layout && !failure && machine && <div className="workflow-wait"><Spinner size="large" /></div>}
      {!machine && <div className="workflow-wait">The definition is not JSON yet, so there is no picture of it.</div>}
      {failure && <div className="workflow-wait">The workflow could not be laid out: {failure}</div>}
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} minZoom={0.05} maxZoom={2} nodesDraggable={false} nodesConnectable={false}
        onNodeClick={(_, node) => node.type === "state" && onSelect?.(node.id)} onPaneClick={() => onSelect?.(undefined)}
        onNodesChange={(changes) => {
          // Enter or the space bar on a focused state.
          for (const change of changes) if (change.type === "select" && change.selected && change.id !== selected) onSelect?.(change.id);
        }}
        onlyRenderVisibleElements={(layout?.nodes.length ?? 0) > drawnInSight} proOptions={{ hideAttribution: true }} zoomOnScroll={false} panOnScroll preventScrolling={false}
        zoomActivationKeyCode={["Control", "Meta"]} aria-label="Visual workflow" deleteKeyCode={null} elevateNodesOnSelect={false}
      >
        <Background variant={BackgroundVariant.Dots} gap={18} size={1} />
        {editing && (
          <EdgeLabelRenderer>
            <AddButtons places={places} aim={aim} editing={editing} />
          </EdgeLabelRenderer>
        )}
      </ReactFlow>
      {past && (
        <ul className="workflow-legend" aria-label="Legend">
          {(["running", "succeeded", "failed", "caught", "aborted"] as const).map((s) => (
            <li key={s}><span className={`legend-dot status-${s}`} />{statusText[s]}</li>
          ))}
          <li><span className="legend-dot status-none" />Not started</li>
        </ul>
      )}
    </div>
  );
}
