// A history that was exported, from AWS or from here, looked at in the same views.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FileDropzone, { useFilesDragging } from "@cloudscape-design/components/file-dropzone";
import FileInput from "@cloudscape-design/components/file-input";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { guessDefinition } from "../asl/guess";
import { parseExport, type HistoryEvent } from "../history/events";
import { go, href, type Place } from "../router";
import { errorText } from "../ui/notices";
import { Page } from "../ui/Page";
import HistoryViews from "./execution/HistoryViews";

interface Imported {
  name: string;
  events: HistoryEvent[];
  definition?: string;
  guessed: boolean;
}

// Kept while the page is open, so that its addresses work.
let kept: Imported | undefined;

export default function ImportedPage({ place }: { place: Place }) {
  const [imported, setImported] = useState(kept);
  const [problem, setProblem] = useState<string>();
  const { areFilesDragging } = useFilesDragging();
  const take = async (files: File[]) => {
    setProblem(undefined);
    try {
      let events: HistoryEvent[] | undefined, definition: string | undefined, name = "";
      for (const file of files) {
        const text = await file.text();
        const document = JSON.parse(text) as Record<string, unknown>;
        if (document.StartAt && document.States) definition = text;
        else {
          events = parseExport(text);
          name = file.name.replace(/\.json$/, "");
          if (typeof document.definition === "string") definition ??= document.definition;
        }
        // What describe-state-machine printed is a definition as well.
        if (typeof document.definition === "string" && !document.events) definition = document.definition;
      }
      if (!events) throw new Error("none of the files is a history: the one that get-execution-history printed is needed");
      kept = { name, events, definition: definition ?? JSON.stringify(guessDefinition(events)), guessed: !definition };
      setImported(kept);
    } catch (error) {
      setProblem(errorText(error));
    }
  };
  return (
    <Page title={imported ? `Imported: ${imported.name}` : "Imported history"} actions={imported ? <Button onClick={() => ((kept = undefined), setImported(undefined), go(href(["executions", "import"]), "replace"))}>Close it</Button> : undefined}>
      <SpaceBetween size="l">
        {!imported && (
          <Container header={<Header variant="h2" description="It is read in this browser and sent nowhere.">Open a history</Header>}>
            <SpaceBetween size="m">
              <Box variant="p">On AWS: <Box variant="code">aws stepfunctions get-execution-history --execution-arn ARN &gt; history.json</Box></Box>
              {areFilesDragging ? <FileDropzone onChange={({ detail }) => void take(detail.value)}><Box>Drop the files here</Box></FileDropzone> : <FileInput multiple accept="application/json,.json" value={[]} onChange={({ detail }) => void take(detail.value)}>Choose the history, and the definition if you have it</FileInput>}
              {problem && <Alert type="error" header="The files could not be taken">{problem}</Alert>}
            </SpaceBetween>
          </Container>
        )}
        {imported?.guessed && <Alert type="info">No definition came with it: the workflow is drawn from what the events tell.</Alert>}
        {imported && <HistoryViews events={imported.events} definition={imported.definition} place={place} loading={false} running={false} name={imported.name} base={(query) => href(["executions", "import"], query)} />}
      </SpaceBetween>
    </Page>
  );
}
