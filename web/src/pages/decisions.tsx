// Who was allowed what, who was not, and by which statement.
import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";
import { api } from "../aws/api";
import { useAsked, useServer } from "../aws/queries";
import { ListTable } from "../ui/ListTable";
import { dateTime } from "../ui/time";

interface Decision {
  at: number;
  requestId: string;
  principal: string;
  action: string;
  resource: string;
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  refused: boolean;
  reason?: string;
  policy?: string;
  statement?: string;
}

/** A role's session is told by its role first. */
function Principal({ arn }: { arn: string }) {
  const [, role, session] = /:assumed-role\/(.+)\/([^/]+)$/.exec(arn) ?? [];
  if (!role) return <span className="mono">{arn}</span>;
  return <span title={arn}>Role <b>{role}</b><br /><Box variant="small" color="text-body-secondary">session {session}</Box></span>;
}

export default function DecisionsPage() {
  const server = useServer();
  const [denied, setDenied] = useState(true);
  const decisions = useAsked<Decision[]>(["decisions", denied], async (signal) => (await api<{ decisions: Decision[] }>("decisions", { limit: "500", denied: String(denied) }, signal)).decisions, { changesWith: [denied ? "denials" : "decisions"], pause: 1_000 });
  const off = server.data?.auth === "off";
  return (
    <ListTable
      title="Access decisions" query={decisions} trackBy={(d) => `${d.requestId} ${d.action} ${d.resource} ${d.at}`} fields={["principal", "action", "resource", "reason"]}
      description={server.data?.auth === "audit" ? "The server runs with --auth audit: denials are noted here and nothing is refused." : undefined}
      actions={<Toggle checked={denied} onChange={({ detail }) => setDenied(detail.checked)}>Denied only</Toggle>}
      empty={{ title: denied ? "Nothing was denied" : "No decisions", text: off ? "The server runs with --auth off, where nothing is decided. Start it with --auth audit to see who may do what." : "Each call of a client or of a state machine's role leaves one." }}
      columns={[
        { id: "at", header: "Time", minWidth: 195, cell: (d) => dateTime(d.at * 1000, true), sortingField: "at" },
        { id: "decision", header: "Decision", minWidth: 150, cell: (d) => (d.decision === "allowed" ? <StatusIndicator type="success" wrapText={false}>Allowed</StatusIndicator> : <StatusIndicator type={d.refused ? "error" : "warning"} wrapText={false}>{d.refused ? "Denied" : "Would be denied"}</StatusIndicator>) },
        { id: "principal", header: "Principal", minWidth: 220, cell: (d) => <Principal arn={d.principal} /> },
        { id: "action", header: "Action and resource", minWidth: 300, cell: (d) => <><b className="mono">{d.action}</b><br /><span className="mono">{d.resource}</span></>, sortingField: "action" },
        { id: "why", header: "Reason", minWidth: 220, cell: (d) => (d.policy ? <>statement <b>{d.statement}</b> of <span className="mono">{d.policy}</span></> : (d.reason ?? "-")) },
      ]}
    />
  );
}
