// A sample project: review its code and workflow, deploy its resources, go on to a new execution.
import { AlreadyExistsException, CreateStackCommand, DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Wizard from "@cloudscape-design/components/wizard";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { parseDefinition } from "../asl/definition";
import { definitionOf, resourcesOf } from "../asl/template";
import { cloudformation } from "../aws/cloudformation";
import { go, paths, type Place } from "../router";
import { CliOf } from "../ui/Cli";
import { notifyError } from "../ui/notices";
import { Failure, Waiting } from "../ui/Page";
import { StackStatus } from "../ui/Status";
import { useSamples, useTemplate, type Sample } from "./catalogue";
import { failed, inProgress, useStack } from "./stackData";

const Graph = lazy(() => import("../graph/Graph"));
const CodeEditor = lazy(() => import("../editor/CodeEditor"));

export default function SamplePage({ place }: { place: Place }) {
  const id = place.path[1];
  const samples = useSamples();
  const template = useTemplate(id);
  if (samples.isLoading || template.isLoading) return <Waiting />;
  if (samples.error || template.error) return <Failure error={samples.error ?? template.error} what="The sample project could not be read" />;
  const sample = samples.data!.find((s) => s.id === id);
  if (!sample) return <Alert type="error" header="There is no such sample project">Choose one from <Link href={paths.samples}>the list</Link>.</Alert>;
  return <Steps sample={sample} template={template.data!} place={place} />;
}

const creation = (name: string, template: string) => new CreateStackCommand({ StackName: name, TemplateBody: template, Capabilities: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"], OnFailure: "ROLLBACK" });
const deletion = (stack: string) => new DeleteStackCommand({ StackName: stack });

/** A second deployment of the same sample gets a name of its own. */
async function createStack(name: string, template: string) {
  for (let n = 1; ; ++n) {
    try {
      return await cloudformation().send(creation(n === 1 ? name : `${name}-${n}`, template));
    } catch (error) {
      if (!(error instanceof AlreadyExistsException) || n === 100) throw error;
    }
  }
}

function Steps({ sample, template, place }: { sample: Sample; template: string; place: Place }) {
  const stackId = place.query.get("stack") ?? undefined;
  const step = stackId || place.query.get("step") === "deploy" ? 1 : 0;
  const [name, setName] = useState(sample.stackName);
  const [deploying, setDeploying] = useState(false);
  const stack = useStack(stackId);
  const status = stack.data?.stack.StackStatus;
  // A sample may bring others beside its own; its own is the one that was reviewed.
  const own = useMemo(() => definitionOf(template)?.logicalId, [template]);
  const machine = stack.data?.resources.find((r) => r.LogicalResourceId === own)?.PhysicalResourceId;
  const done = status === "CREATE_COMPLETE" && machine;
  useEffect(() => void (document.title = `${sample.name} | Gantry`), [sample.name]);
  useEffect(() => {
    // As AWS does: once everything is there, the way goes on by itself.
    if (!done) return;
    const timer = setTimeout(() => go(paths.start(machine, undefined, sample.id)), 1_200);
    return () => clearTimeout(timer);
  }, [done, machine, sample.id]);

  const deploy = async () => {
    setDeploying(true);
    try {
      const made = await createStack(name, template);
      go(paths.sample(sample.id, "deploy", made.StackId), "replace");
      window.scrollTo({ top: 0 });
    } catch (error) {
      notifyError("The resources were not deployed", error);
    } finally {
      setDeploying(false);
    }
  };

  return (
    <Wizard
      activeStepIndex={step} allowSkipTo={false}
      onNavigate={({ detail }) => go(paths.sample(sample.id, detail.requestedStepIndex === 1 ? "deploy" : undefined))}
      onCancel={() => go(paths.samples)}
      onSubmit={() => (done ? go(paths.start(machine, undefined, sample.id)) : void deploy())}
      isLoadingNextStep={deploying || (stackId !== undefined && (!status || inProgress(status)))}
      submitButtonText={done ? "Go on to the new execution" : "Deploy resources"}
      i18nStrings={{ stepNumberLabel: (n) => `Step ${n}`, collapsedStepsLabel: (n, count) => `Step ${n} of ${count}`, cancelButton: "Cancel", previousButton: "Previous", nextButton: "Next", submitButton: "Deploy resources", navigationAriaLabel: "Steps" }}
      steps={[
        { title: "Review sample project", description: sample.description, content: <Review template={template} /> },
        { title: "Deploy resources", content: <Deploy sample={sample} template={template} name={name} setName={setName} stackId={stackId} stack={stack.data} error={stack.error} /> },
      ]}
    />
  );
}

function Review({ template }: { template: string }) {
  const definition = useMemo(() => definitionOf(template), [template]);
  const machine = useMemo(() => (definition ? parseDefinition(definition.text) : undefined), [definition]);
  return (
    <div className="split">
      <Container header={<Header variant="h2" description="Placeholders stand where the names of the deployed resources will be.">Code</Header>}>
        <Suspense fallback={<Waiting />}><CodeEditor value={definition?.text ?? ""} readOnly label="Definition of the state machine" height={540} /></Suspense>
      </Container>
      <Container header={<Header variant="h2">Visual workflow</Header>}>
        <Suspense fallback={<Waiting />}><Graph machine={machine} height={540} /></Suspense>
      </Container>
    </div>
  );
}

interface DeployProps {
  sample: Sample;
  template: string;
  name: string;
  setName: (name: string) => void;
  stackId?: string;
  stack?: ReturnType<typeof useStack>["data"];
  error: Error | null;
}

function Deploy({ sample, template, name, setName, stackId, stack, error }: DeployProps) {
  const resources = useMemo(() => resourcesOf(template), [template]);
  const status = stack?.stack.StackStatus;
  const rows = resources.map((r) => {
    const event = stack?.events.find((e) => e.LogicalResourceId === r.logicalId && e.ResourceType === r.type);
    return { ...r, status: event?.ResourceStatus, reason: event?.ResourceStatusReason, physical: event?.PhysicalResourceId };
  });
  const ready = rows.filter((r) => r.status?.endsWith("_COMPLETE")).length;
  const reasons = stack?.events.filter((e) => e.ResourceStatus?.endsWith("_FAILED") && e.ResourceStatusReason && !/cancelled/i.test(e.ResourceStatusReason)) ?? [];
  const remove = () => void cloudformation().send(deletion(stackId!)).then(() => go(paths.sample(sample.id, "deploy"), "replace"), (e: unknown) => notifyError("The stack was not deleted", e));
  return (
    <SpaceBetween size="l">
      {!stackId && (
        <Container header={<Header variant="h2">What will be created</Header>}>
          <SpaceBetween size="m">
            <div className="split">
              <div><Box variant="h3" padding="n">Resources</Box><ul>{sample.resources.map((r) => <li key={r}>{r}</li>)}</ul></div>
              <div><Box variant="h3" padding="n">Related resources</Box><ul>{sample.related.map((r) => <li key={r}>{r}</li>)}</ul></div>
            </div>
            <FormField label="Stack name" description="The resources are deployed as one CloudFormation stack." stretch={false}><Input value={name} onChange={({ detail }) => setName(detail.value)} spellcheck={false} /></FormField>
            <Alert type="info">It can take up to 10 minutes for these resources and related IAM permissions to be created; here it is most often seconds. While they are, the Stack ID link shows which resources are being provisioned.</Alert>
          </SpaceBetween>
        </Container>
      )}
      {error && <Failure error={error} what="The stack could not be read" />}
      {stackId && (
        <Container header={<Header variant="h2" actions={status && failed(status) && !inProgress(status) ? <SpaceBetween direction="horizontal" size="xs"><CliOf of={() => deletion(stackId)} /><Button onClick={remove}>Delete the stack and try again</Button></SpaceBetween> : undefined}>Deploy resources</Header>}>
          <SpaceBetween size="m">
            <div>
              <Box variant="awsui-key-label">Stack ID</Box>
              <Link href={paths.stack(stackId)}>{stackId}</Link>
            </div>
            <ProgressBar
              value={(ready / Math.max(1, rows.length)) * 100} label="Resources" additionalInfo={`${ready} of ${rows.length} created`}
              status={status === "CREATE_COMPLETE" ? "success" : failed(status) ? "error" : "in-progress"}
              resultText={status === "CREATE_COMPLETE" ? "Everything is deployed. The new execution comes next." : `The stack ended in ${status}`}
            />
            {failed(status) && (
              <Alert type="error" header="The deployment did not succeed" action={<Button href={paths.stack(stackId, "events")}>See the events</Button>}>
                <ul>{reasons.slice(0, 5).map((e) => <li key={e.EventId}><b>{e.LogicalResourceId}</b>: {e.ResourceStatusReason}</li>)}</ul>
              </Alert>
            )}
          </SpaceBetween>
        </Container>
      )}
      <Table
        header={<Header variant="h2" counter={`(${rows.length})`} actions={<CliOf text of={() => creation(name, template)} />}>Resources</Header>}
        items={rows} variant="container" wrapLines trackBy="logicalId" ariaLabels={{ tableLabel: "Resources" }}
        columnDefinitions={[
          { id: "id", header: "Logical ID", minWidth: 170, cell: (r) => r.logicalId, isRowHeader: true },
          { id: "type", header: "Type", minWidth: 220, cell: (r) => r.type },
          { id: "status", header: "Status", minWidth: 175, cell: (r) => (r.status ? <StackStatus status={r.status} /> : <Box color="text-body-secondary">{stackId ? "Waiting" : "To be created"}</Box>) },
          { id: "physical", header: "Physical ID", minWidth: 220, cell: (r) => <span className="mono">{r.physical || "-"}</span> },
        ]}
      />
    </SpaceBetween>
  );
}
