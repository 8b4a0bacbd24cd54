// Pictures of states and services: our own, in the colours that people know the services by.
import type { ReactNode } from "react";
import { serviceOf, type StateDefinition } from "../asl/definition";

interface Picture {
  colour: string;
  shape: ReactNode;
}

const stroke = { fill: "none", stroke: "#fff", strokeWidth: 1.8, strokeLinecap: "round", strokeLinejoin: "round" } as const;

const services: Record<string, Picture> = {
  ecs: { colour: "#d9620f", shape: <><path d="M12 4l7 4v8l-7 4-7-4V8z" {...stroke} /><path d="M12 9.2l2.6 1.5v3L12 15.2l-2.6-1.5v-3z" {...stroke} /></> },
  sns: { colour: "#c7236b", shape: <><circle cx="7" cy="12" r="2.6" {...stroke} /><path d="M9.6 11L16 7M9.6 12H16M9.6 13l6.4 4" {...stroke} /><circle cx="17.6" cy="6.6" r="1.4" fill="#fff" /><circle cx="17.6" cy="12" r="1.4" fill="#fff" /><circle cx="17.6" cy="17.4" r="1.4" fill="#fff" /></> },
  sqs: { colour: "#c7236b", shape: <><rect x="4" y="8" width="4" height="8" rx="1" {...stroke} /><rect x="10" y="8" width="4" height="8" rx="1" {...stroke} /><rect x="16" y="8" width="4" height="8" rx="1" {...stroke} /></> },
  lambda: { colour: "#d9620f", shape: <path d="M7 5h3.4l6 14H19M11.6 10.6L7.4 19H5" {...stroke} /> },
  dynamodb: { colour: "#3a57d6", shape: <><ellipse cx="12" cy="6.6" rx="6" ry="2.4" {...stroke} /><path d="M6 6.6v10.8c0 1.3 2.7 2.4 6 2.4s6-1.1 6-2.4V6.6M6 12c0 1.3 2.7 2.4 6 2.4s6-1.1 6-2.4" {...stroke} /></> },
  states: { colour: "#c7236b", shape: <><rect x="9" y="4" width="6" height="4" rx="1" {...stroke} /><rect x="4" y="16" width="6" height="4" rx="1" {...stroke} /><rect x="14" y="16" width="6" height="4" rx="1" {...stroke} /><path d="M12 8v4M7 16v-4h10v4" {...stroke} /></> },
  events: { colour: "#c7236b", shape: <><circle cx="12" cy="12" r="3" {...stroke} /><path d="M12 4v3M12 17v3M4 12h3M17 12h3" {...stroke} /></> },
  s3: { colour: "#3f8624", shape: <path d="M5.5 6.5h13L17 18.4c0 1-2.2 1.8-5 1.8s-5-.8-5-1.8z" {...stroke} /> },
  http: { colour: "#6b4fbb", shape: <><circle cx="12" cy="12" r="7" {...stroke} /><path d="M5 12h14M12 5c3 4 3 10 0 14M12 5c-3 4-3 10 0 14" {...stroke} /></> },
  cloudwatch: { colour: "#c7236b", shape: <path d="M5 5v14h14M8 15l3.4-4 3 2.4L19 8" {...stroke} /> },
  activity: { colour: "#0f7d8a", shape: <><circle cx="12" cy="8" r="3" {...stroke} /><path d="M6 19c0-4 2.6-6 6-6s6 2 6 6" {...stroke} /></> },
  logs: { colour: "#c7236b", shape: <path d="M7 5h10v14H7zM9.5 9h5M9.5 12h5M9.5 15h3" {...stroke} /> },
};
services.sfn = services.states;
const service: Picture = { colour: "#d9620f", shape: <><circle cx="12" cy="12" r="3" {...stroke} /><path d="M12 4.5v2M12 17.5v2M4.5 12h2M17.5 12h2M6.7 6.7l1.4 1.4M15.9 15.9l1.4 1.4M17.3 6.7l-1.4 1.4M8.1 15.9l-1.4 1.4" {...stroke} /></> };

const flow: Record<string, Picture> = {
  Choice: { colour: "#5f6b7a", shape: <path d="M12 4l8 8-8 8-8-8zM12 9v3.4M12 15.2v.1" {...stroke} /> },
  Parallel: { colour: "#5f6b7a", shape: <path d="M12 4v3M6 7h12M6 7v10M12 7v10M18 7v10M6 17h12M12 17v3" {...stroke} /> },
  Map: { colour: "#5f6b7a", shape: <><rect x="5" y="5" width="9" height="9" rx="1.5" {...stroke} /><path d="M17 8.5v8.5H8.5M19.5 11.5V19.5H11.5" {...stroke} /></> },
  Pass: { colour: "#5f6b7a", shape: <path d="M5 12h13M13.5 7.5L18 12l-4.5 4.5" {...stroke} /> },
  Wait: { colour: "#5f6b7a", shape: <><circle cx="12" cy="12" r="7" {...stroke} /><path d="M12 8v4.4l3 1.8" {...stroke} /></> },
  Succeed: { colour: "#5f6b7a", shape: <><circle cx="12" cy="12" r="7" {...stroke} /><path d="M8.7 12.2l2.3 2.3 4.3-4.6" {...stroke} /></> },
  Fail: { colour: "#5f6b7a", shape: <><circle cx="12" cy="12" r="7" {...stroke} /><path d="M9.4 9.4l5.2 5.2M14.6 9.4l-5.2 5.2" {...stroke} /></> },
};

function pictureOf(state: StateDefinition | undefined): Picture {
  if (!state) return service;
  const called = serviceOf(state);
  if (called) return services[called.key] ?? service;
  return flow[state.Type ?? ""] ?? service;
}

export function StateIcon({ state, size = 32 }: { state: StateDefinition | undefined; size?: number }) {
  const picture = pictureOf(state);
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" rx="4" fill={picture.colour} />
      {picture.shape}
    </svg>
  );
}
export const serviceIcon = (key: string, size = 20) => {
  const picture = services[key] ?? service;
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" rx="4" fill={picture.colour} />
      {picture.shape}
    </svg>
  );
};
