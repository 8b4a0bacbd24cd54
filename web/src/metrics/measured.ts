import { ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { cloudwatch } from "../aws/cloudwatch";

/** The machines that have metrics. */
export async function measured(abortSignal: AbortSignal): Promise<string[]> {
  const answer = await cloudwatch().send(new ListMetricsCommand({ Namespace: "AWS/States", MetricName: "ExecutionsStarted" }), { abortSignal });
  return [...new Set((answer.Metrics ?? []).flatMap((m) => m.Dimensions?.filter((d) => d.Name === "StateMachineArn").map((d) => d.Value!) ?? []))].sort();
}
