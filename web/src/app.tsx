// The shell: top bar, navigation, and the page that the address names.
import AppLayout from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup, { type BreadcrumbGroupProps } from "@cloudscape-design/components/breadcrumb-group";
import ErrorBoundary from "@cloudscape-design/components/error-boundary";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { lazy, Suspense, useEffect, useState, type ComponentType, type ReactNode } from "react";
import { queryClient, useServer } from "./aws/queries";
import { signedIn, useSession } from "./aws/session";
import { useKeys } from "./ui/keys";
import { whenItAnswers } from "./ui/comeBack";
import { Notices } from "./ui/notices";
import { Waiting } from "./ui/Page";
import { usePreference } from "./ui/prefs";
import { paths, usePlace, type Place } from "./router";
import MachinesPage from "./pages/machines";

const page = (load: () => Promise<{ default: ComponentType<{ place: Place }> }>) => lazy(() => load().catch(whenItAnswers));
const pages = {
  create: page(() => import("./pages/create")),
  samples: page(() => import("./pages/samples")),
  sample: page(() => import("./pages/sample")),
  machine: page(() => import("./pages/machine")),
  start: page(() => import("./pages/start")),
  execution: page(() => import("./pages/execution")),
  edit: page(() => import("./pages/edit")),
  compare: page(() => import("./pages/compare")),
  activities: page(() => import("./pages/activities")),
  mapRun: page(() => import("./pages/mapRun")),
  imported: page(() => import("./pages/imported")),
  stacks: page(() => import("./pages/stacks")),
  stack: page(() => import("./pages/stack")),
  ecs: page(() => import("./pages/ecs")),
  cluster: page(() => import("./pages/cluster")),
  task: page(() => import("./pages/task")),
  topics: page(() => import("./pages/topics")),
  topic: page(() => import("./pages/topic")),
  queues: page(() => import("./pages/queues")),
  queue: page(() => import("./pages/queue")),
  logs: page(() => import("./pages/logs")),
  logGroup: page(() => import("./pages/logGroup")),
  decisions: page(() => import("./pages/decisions")),
  metrics: page(() => import("./pages/metrics")),
  rules: page(() => import("./pages/rules")),
  rule: page(() => import("./pages/rule")),
};
const SignIn = lazy(() => import("./ui/SignIn"));
const Shortcuts = lazy(() => import("./ui/Shortcuts"));

interface Shown {
  content: ReactNode;
  crumbs: BreadcrumbGroupProps.Item[];
  active: string;
  wide?: boolean; // uses the whole window
}

const shortName = (arn: string) => arn.slice(Math.max(arn.lastIndexOf(":"), arn.lastIndexOf("/")) + 1);

function show(place: Place): Shown {
  const [a = "statemachines", b, c, d, e] = place.path;
  const machines = { text: "State machines", href: paths.machines };
  const one = (Part: ComponentType<{ place: Place }>, active: string, ...crumbs: BreadcrumbGroupProps.Item[]): Shown => ({ content: <Part key={place.path.join("/")} place={place} />, crumbs, active });
  const key = [a, b, c].join("/");
  if (a === "statemachines") {
    if (b === "view" && c) return one(pages.machine, paths.machines, machines, { text: shortName(c), href: paths.machine(c) });
    if (b === "edit" && c) return { ...one(pages.edit, paths.machines, machines, c === "new" ? { text: "Create state machine", href: paths.edit("new") } : { text: shortName(c), href: paths.machine(c) }), wide: true };
    if (b === "create") return one(pages.create, paths.machines, machines, { text: "Create state machine", href: paths.create });
    return one(MachinesPage, paths.machines, machines);
  }
  if (a === "sample-projects") {
    const samples = { text: "Sample projects", href: paths.samples };
    return b ? one(pages.sample, paths.samples, machines, samples, { text: b, href: paths.sample(b) }) : one(pages.samples, paths.samples, machines, samples);
  }
  if (key.startsWith("executions/start/") && c) return one(pages.start, paths.machines, machines, { text: shortName(c), href: paths.machine(c) }, { text: "New execution", href: paths.start(c) });
  if (a === "executions" && b === "compare") return one(pages.compare, paths.machines, machines, { text: "Compare", href: "" });
  if (a === "activities") return one(pages.activities, paths.activities, { text: "Activities", href: paths.activities });
  if (a === "map-runs" && b) return one(pages.mapRun, paths.machines, machines, { text: "Map Run", href: paths.mapRun(b) });
  if (a === "executions" && b === "import") return one(pages.imported, paths.imported, machines, { text: "Imported history", href: paths.imported });
  if (a === "v2" && b === "executions" && d) {
    const machine = d.replace(":execution:", ":stateMachine:").replace(/:[^:]*$/, "");
    return { ...one(pages.execution, paths.machines, machines, { text: shortName(machine), href: paths.machine(machine) }, { text: shortName(d), href: paths.execution(d) }), wide: true };
  }
  if (a === "stacks") {
    const stacks = { text: "CloudFormation stacks", href: paths.stacks };
    const id = place.query.get("stackId");
    return id ? one(pages.stack, paths.stacks, stacks, { text: id.split("/")[1] ?? id, href: paths.stack(id) }) : one(pages.stacks, paths.stacks, stacks);
  }
  if (a === "ecs") {
    const clusters = { text: "ECS clusters", href: paths.clusters };
    if (c && e) return one(pages.task, paths.clusters, clusters, { text: c, href: paths.cluster(c) }, { text: e, href: paths.task(c, e) });
    return c ? one(pages.cluster, paths.clusters, clusters, { text: c, href: paths.cluster(c) }) : one(pages.ecs, paths.clusters, clusters);
  }
  if (a === "topics") {
    const topics = { text: "SNS topics", href: paths.topics };
    return b ? one(pages.topic, paths.topics, topics, { text: shortName(b), href: paths.topic(b) }) : one(pages.topics, paths.topics, topics);
  }
  if (a === "queues") {
    const queues = { text: "SQS queues", href: paths.queues };
    return b ? one(pages.queue, paths.queues, queues, { text: shortName(b), href: paths.queue(b) }) : one(pages.queues, paths.queues, queues);
  }
  if (a === "logs") {
    const groups = { text: "Log groups", href: paths.logGroups };
    return b ? one(pages.logGroup, paths.logGroups, groups, { text: b, href: paths.logGroup(b) }) : one(pages.logs, paths.logGroups, groups);
  }
  if (a === "metrics") return one(pages.metrics, paths.metrics, { text: "Metrics", href: paths.metrics });
  if (a === "rules") {
    const rules = { text: "EventBridge rules", href: paths.rules };
    return b ? one(pages.rule, paths.rules, rules, { text: b, href: paths.rule(b) }) : one(pages.rules, paths.rules, rules);
  }
  if (a === "decisions") return one(pages.decisions, paths.decisions, { text: "Access decisions", href: paths.decisions });
  return one(MachinesPage, paths.machines, machines);
}

const navigation: SideNavigationProps.Item[] = [
  { type: "section", text: "Step Functions", items: [
    { type: "link", text: "State machines", href: paths.machines },
    { type: "link", text: "Sample projects", href: paths.samples },
    { type: "link", text: "Activities", href: paths.activities },
    { type: "link", text: "Imported history", href: paths.imported },
  ] },
  { type: "section", text: "Related services", items: [
    { type: "link", text: "CloudFormation stacks", href: paths.stacks },
    { type: "link", text: "ECS clusters", href: paths.clusters },
    { type: "link", text: "SNS topics", href: paths.topics },
    { type: "link", text: "SQS queues", href: paths.queues },
    { type: "link", text: "EventBridge rules", href: paths.rules },
    { type: "link", text: "Metrics", href: paths.metrics },
    { type: "link", text: "Log groups", href: paths.logGroups },
    { type: "link", text: "Access decisions", href: paths.decisions },
  ] },
];

export function App() {
  const place = usePlace();
  const session = useSession();
  const server = useServer();
  const [dark, setDark] = usePreference("dark", window.matchMedia("(prefers-color-scheme: dark)").matches);
  const [signIn, setSignIn] = useState(false);
  const [keys, setKeys] = useState(false);
  const [navOpen, setNavOpen] = useState(true);
  const [wideNavOpen, setWideNavOpen] = useState(false);
  useEffect(() => applyMode(dark ? Mode.Dark : Mode.Light), [dark]);
  useKeys({ "?": () => setKeys(true), "/": () => [...document.querySelectorAll<HTMLInputElement>("input[type=search]")].find((field) => field.checkVisibility())?.focus(), r: () => void queryClient.invalidateQueries() });
  const wanted = server.error && /UnrecognizedClient|MissingAuthentication|InvalidSignature/.test(server.error.name);
  useEffect(() => {
    if (wanted) setSignIn(true);
  }, [wanted]);
  const shown = show(place);
  const who = server.data?.account || (signedIn() ? session.accessKeyId : "Sign in");
  return (
    <>
      <div id="top-bar">
        <TopNavigation
          identity={{ href: paths.machines, title: "Gantry", logo: { src: "./icon.svg", alt: "" } }}
          utilities={[
            { type: "button", iconName: "keyboard", ariaLabel: "Keyboard shortcuts", title: "Keyboard shortcuts", onClick: () => setKeys(true) },
            { type: "button", text: dark ? "Light" : "Dark", ariaLabel: dark ? "Light mode" : "Dark mode", onClick: () => setDark(!dark) },
            { type: "button", text: session.region, ariaLabel: `Region ${session.region}`, onClick: () => setSignIn(true) },
            { type: "button", iconName: "user-profile", text: who, ariaLabel: `${who}, account and credentials`, onClick: () => setSignIn(true) },
          ]}
        />
      </div>
      <AppLayout
        headerSelector="#top-bar" toolsHide navigationOpen={shown.wide ? wideNavOpen : navOpen} onNavigationChange={({ detail }) => (shown.wide ? setWideNavOpen : setNavOpen)(detail.open)} navigationWidth={240}
        maxContentWidth={shown.wide ? Number.MAX_VALUE : undefined}
        navigation={<SideNavigation header={{ text: "Gantry", href: paths.machines }} activeHref={shown.active} items={navigation} />}
        breadcrumbs={<BreadcrumbGroup items={shown.crumbs} ariaLabel="Breadcrumbs" />} notifications={<Notices />}
        ariaLabels={{ navigation: "Navigation", navigationClose: "Close navigation", navigationToggle: "Open navigation", notifications: "Notices" }}
        content={
          <ErrorBoundary key={place.path.join("/")} onError={({ error }) => console.error(error)}>
            <Suspense fallback={<Waiting />}>{shown.content}</Suspense>
          </ErrorBoundary>
        }
      />
      <Suspense fallback={null}>
        {signIn && <SignIn required={Boolean(wanted)} onClose={() => setSignIn(false)} />}
        {keys && <Shortcuts onClose={() => setKeys(false)} />}
      </Suspense>
    </>
  );
}
