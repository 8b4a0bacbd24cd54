// An ARN or another long name, with the button that copies it.
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";

export const Arn = ({ value, what = "ARN" }: { value: string | undefined; what?: string }) =>
  value ? <span className="mono"><CopyToClipboard variant="inline" textToCopy={value} textToDisplay={value} copyButtonAriaLabel={`Copy ${what}`} copySuccessText={`${what} copied`} copyErrorText="The browser did not let it be copied" /></span> : <>-</>;
