// A history that was exported, from AWS or from here, looked at in the same views.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FileDropzone, { useFilesDragging } from "@cloudscape-design/components/file-dropzone";
import FileInput from "@cloudscape-design/components/file-input";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState } from "react";
import { readFiles, largestFile, type Imported } from "../history/imported";
import { build, statusText } from "../history/model";
import { go, href, type Place } from "../router";
import { JsonText } from "../ui/JsonText";
import { errorText } from "../ui/notices";
import { Page } from "../ui/Page";
import { VisitStatus } from "../ui/Status";
import { dateTime, duration } from "../ui/time";
import HistoryViews from "./execution/HistoryViews";

// Kept while the page is open, so that its addresses work.
let kept: Imported | undefined;

export default function ImportedPage({ place }: { place: Place }) {
  const [imported, setImported] = useState(kept);
  const [problem, setProblem] = useState<string>();
  const { areFilesDragging } = useFilesDragging();
  const take = async (files: File[]) => {
    setProblem(undefined);
    try {
      const large = files.find((f) => f.size > largestFile);
      if (large) throw new Error(`${large.name} has ${Math.round(large.size / 1e6)} MB: no history is as large as that`);
      kept = readFiles(await Promise.all(files.map(async (f) => ({ name: f.name, text: await f.text() }))));
      setImported(kept);
    } catch (error) {
      setProblem(errorText(error));
    }
  };
  const close = () => {
    kept = undefined;
    setImported(undefined);
    go(href(["executions", "import"]), "replace");
  };
  return (
    <Page title={imported ? `Imported: ${imported.name}` : "Imported history"} actions={imported ? <Button onClick={close}>Close it</Button> : undefined}>
      <SpaceBetween size="l">
        {!imported && (
          <Container header={<Header variant="h2" description="It is read in this browser and sent nowhere.">Open a history</Header>}>
            <SpaceBetween size="m">
              <div>
                <Box variant="p">On AWS, with the CLI:</Box>
                <pre className="text-block">{"aws stepfunctions get-execution-history --execution-arn ARN --output json > history.json\naws stepfunctions describe-state-machine-for-execution --execution-arn ARN > definition.json"}</pre>
              </div>
              {areFilesDragging ? <FileDropzone onChange={({ detail }) => void take(detail.value)}><Box>Drop the files here</Box></FileDropzone> : <FileInput multiple accept="application/json,.json" value={[]} onChange={({ detail }) => void take(detail.value)}>Choose the history, and the definition if you have it</FileInput>}
              {problem && <Alert type="error" header="The files could not be taken"><span dir="auto" style={{ overflowWrap: "anywhere" }}>{problem}</span></Alert>}
            </SpaceBetween>
          </Container>
        )}
        {imported?.guessed && <Alert type="info">No definition came with it: the workflow is drawn from what the events tell.</Alert>}
        {imported && imported.warnings.length > 0 && <Alert type="warning" header="Not everything fits">{imported.warnings.map((w) => <div key={w}>{w}</div>)}</Alert>}
        {imported && <Facts imported={imported} />}
        {imported && <HistoryViews events={imported.events} definition={imported.definition} place={place} loading={false} running={false} name={imported.name} base={(query) => href(["executions", "import"], query)} />}
      </SpaceBetween>
    </Page>
  );
}

function Facts({ imported }: { imported: Imported }) {
  const model = useMemo(() => build(imported.events), [imported]);
  return (
    <Container header={<Header variant="h2">Details</Header>}>
      <SpaceBetween size="s">
        {model.error !== undefined && <Alert type="error" header={`${statusText[model.status]}: ${model.error || "no error was named"}`}><span dir="auto" style={{ overflowWrap: "anywhere" }}>{model.cause}</span></Alert>}
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Execution status", value: <VisitStatus status={model.status} /> }, { label: "Start time", value: dateTime(model.startedAt, true) },
            { label: "Duration", value: duration((model.endedAt ?? model.lastAt) - model.startedAt) }, { label: "Events", value: imported.events.length.toLocaleString("en") },
          ]}
        />
        <ExpandableSection headerText="Execution input and output">
          <div className="split">
            <div><h3>Input</h3><JsonText value={model.input} label="Execution input" name={`${imported.name}-input`} /></div>
            <div><h3>Output</h3><JsonText value={model.output} label="Execution output" name={`${imported.name}-output`} /></div>
          </div>
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}
