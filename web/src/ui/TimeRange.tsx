// A span of time to look at: the last hours, days or weeks, or from one moment to another.
import DateRangePicker, { type DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import type { Span } from "./span";

const seconds: Record<string, number> = { second: 1, minute: 60, hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000, year: 31_536_000 };
const option = (amount: number, unit: DateRangePickerProps.TimeUnit): DateRangePickerProps.RelativeOption => ({ key: `${amount * seconds[unit]}`, amount, unit, type: "relative" });
const options = [option(15, "minute"), option(1, "hour"), option(12, "hour"), option(1, "day"), option(1, "week"), option(30, "day")];

const named = (amount: number, unit: string) => (amount === 1 ? `Last ${unit}` : `Last ${amount} ${unit}s`);

/** "Last 3 hours" of 10,800 seconds: in the largest unit that has no fraction. */
function relative(within: number): DateRangePickerProps.RelativeValue {
  const known = options.find((o) => o.key === String(within));
  if (known) return known;
  const unit = (["week", "day", "hour", "minute"] as const).find((u) => within % seconds[u] === 0) ?? "second";
  return { type: "relative", amount: within / seconds[unit], unit };
}

const words: DateRangePickerProps.I18nStrings = {
  ariaLabel: "Started", relativeModeTitle: "Relative", absoluteModeTitle: "From and to", relativeRangeSelectionHeading: "Choose a range", cancelButtonLabel: "Cancel", clearButtonLabel: "Any time", applyButtonLabel: "Apply",
  formatRelativeRange: ({ amount, unit }) => named(amount, unit), formatUnit: (unit, value) => (value === 1 ? unit : `${unit}s`),
  customRelativeRangeOptionLabel: "Another range", customRelativeRangeOptionDescription: "Until now", customRelativeRangeDurationLabel: "Duration", customRelativeRangeDurationPlaceholder: "Enter a number", customRelativeRangeUnitLabel: "Unit",
  modeSelectionLabel: "Kind of range", startDateLabel: "From", startTimeLabel: "At", endDateLabel: "To", endTimeLabel: "At", dateTimeConstraintText: "Date as YYYY/MM/DD, time in hours of 24.", isoDateTimeConstraintText: "Date as YYYY-MM-DD, time in hours of 24.", errorIconAriaLabel: "Error",
  renderSelectedAbsoluteRangeAriaLive: (a, b) => `From ${a} to ${b}`, todayAriaLabel: "Today", nextMonthAriaLabel: "Next month", previousMonthAriaLabel: "Month before",
};

export function TimeRange({ span, onChange }: { span: Span; onChange: (span: Span) => void }) {
  const value: DateRangePickerProps.Value | null = span.within ? relative(span.within) : span.from && span.to ? { type: "absolute", startDate: span.from, endDate: span.to } : null;
  return (
    <DateRangePicker
      value={value} relativeOptions={options} i18nStrings={words} placeholder="Started at any time" absoluteFormat="iso" dateInputFormat="iso" locale="en-GB" startOfWeek={1} hideTimeOffset expandToViewport
      isValidRange={(range) => {
        if (range?.type === "absolute" && !(Date.parse(range.startDate) < Date.parse(range.endDate))) return { valid: false, errorMessage: "The end lies behind the beginning: choose both." };
        if (range?.type === "relative" && !(range.amount >= 1)) return { valid: false, errorMessage: "Enter a number above zero." };
        return { valid: true };
      }}
      onChange={({ detail: { value: chosen } }) => onChange(!chosen ? {} : chosen.type === "relative" ? { within: chosen.amount * seconds[chosen.unit] } : { from: chosen.startDate, to: chosen.endDate })}
    />
  );
}
