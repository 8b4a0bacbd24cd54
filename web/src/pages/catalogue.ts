// The sample projects that the server brings (samples/catalogue.json).
import { api, apiText } from "../aws/api";
import { useAsked } from "../aws/queries";

export interface Sample {
  id: string;
  name: string;
  stackName: string;
  description: string;
  services: string[];
  tags: string[];
  resources: string[];
  related: string[];
  input?: unknown;
}

export const useSamples = (enabled = true) => useAsked<Sample[]>(["samples"], (signal) => api("samples", {}, signal), { enabled });
export const useTemplate = (id: string) => useAsked<string>(["sample", id], () => apiText(`samples/${id}`));
export const serviceKeys: Record<string, string> = { "AWS Step Functions": "states", "Amazon ECS": "ecs", "AWS Fargate": "ecs", "Amazon SNS": "sns", "Amazon SQS": "sqs", "AWS Lambda": "lambda", "Amazon EventBridge": "events", "Amazon CloudWatch": "cloudwatch", "Amazon DynamoDB": "dynamodb", "CloudWatch Logs": "logs" };
