import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { statusText, type Status } from "../history/model";

const kinds: Record<string, [StatusIndicatorProps.Type, string]> = {
  RUNNING: ["in-progress", "Running"], SUCCEEDED: ["success", "Succeeded"], FAILED: ["error", "Failed"], TIMED_OUT: ["error", "Timed out"], ABORTED: ["stopped", "Aborted"],
  PENDING_REDRIVE: ["pending", "Pending redrive"], ACTIVE: ["success", "Active"], DELETING: ["loading", "Deleting"], INACTIVE: ["stopped", "Inactive"], STOPPED: ["stopped", "Stopped"],
  PROVISIONING: ["in-progress", "Provisioning"], PENDING: ["pending", "Pending"], ACTIVATING: ["in-progress", "Activating"], DEACTIVATING: ["in-progress", "Deactivating"],
  STOPPING: ["in-progress", "Stopping"], DEPROVISIONING: ["in-progress", "Deprovisioning"], ENABLED: ["success", "Enabled"], DISABLED: ["stopped", "Disabled"],
};

/** The status of an execution, a machine, a task. */
export function StatusBadge({ status }: { status: string | undefined }) {
  const [type, text] = kinds[status ?? ""] ?? ["info", status ?? "-"];
  return <StatusIndicator type={type} wrapText={false}>{text}</StatusIndicator>;
}

/** CREATE_IN_PROGRESS and its kin. */
export function StackStatus({ status }: { status: string | undefined }) {
  const text = status ?? "-";
  const type: StatusIndicatorProps.Type = text.endsWith("_IN_PROGRESS") ? "in-progress" : /FAILED|ROLLBACK_COMPLETE/.test(text) ? "error" : text.endsWith("_COMPLETE") ? "success" : "pending";
  return <StatusIndicator type={type} wrapText={false}>{text}</StatusIndicator>;
}

const visit: Record<Status, StatusIndicatorProps.Type> = { running: "in-progress", succeeded: "success", failed: "error", caught: "warning", aborted: "stopped", timedOut: "error" };
export const VisitStatus = ({ status }: { status: Status | undefined }) => (status ? <StatusIndicator type={visit[status]} wrapText={false}>{statusText[status]}</StatusIndicator> : <StatusIndicator type="pending" wrapText={false}>Not started</StatusIndicator>);
