import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { clientConfig, perSession } from "./client";

export const events = perSession(() => new EventBridgeClient(clientConfig()));
