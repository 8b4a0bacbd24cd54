// Create a state machine: from a sample project, or from nothing in the editor.
import Tiles from "@cloudscape-design/components/tiles";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { go, paths } from "../router";
import { Page } from "../ui/Page";

export default function CreatePage() {
  const [how, setHow] = useState("sample");
  return (
    <Page title="Create state machine">
      <SpaceBetween size="l">
        <Container header={<Header variant="h2" description="Both can be changed later.">Choose how to begin</Header>}>
          <Tiles
            value={how} onChange={({ detail }) => setHow(detail.value)} ariaLabel="How to begin"
            items={[
              { value: "sample", label: "Sample Projects", description: "A state machine with all the resources that it needs, deployed as one stack." },
              { value: "blank", label: "Blank", description: "Write the definition yourself, checked while you type, with the picture beside it." },
            ]}
          />
        </Container>
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="primary" onClick={() => go(how === "sample" ? paths.samples : paths.edit("new"))}>Next</Button>
          <Button variant="link" href={paths.machines}>Cancel</Button>
        </SpaceBetween>
      </SpaceBetween>
    </Page>
  );
}
