// Times and durations as people read them.

const pad = (n: number, width = 2) => String(n).padStart(width, "0");

/** "2026-11-28 14:03:09.120 (UTC+1)" in the reader's own time zone. */
export function dateTime(value: Date | number | undefined, precise = false): string {
  if (value === undefined) return "-";
  const d = new Date(value);
  const day = `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
  const time = `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
  return `${day} ${time}${precise ? `.${pad(d.getMilliseconds(), 3)}` : ""}`;
}

/** "00:00:03.120", as AWS's tables have it. */
export function clock(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const hours = Math.floor(whole / 3_600_000), minutes = Math.floor(whole / 60_000) % 60, seconds = Math.floor(whole / 1000) % 60;
  return `${pad(hours)}:${pad(minutes)}:${pad(seconds)}.${pad(whole % 1000, 3)}`;
}

/** "3.1 s", "2 min 5 s", "1 h 4 min". */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "-";
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor(ms / 1000) % 60} s`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ${Math.floor(ms / 60_000) % 60} min`;
  return `${Math.floor(ms / 86_400_000)} d ${Math.floor(ms / 3_600_000) % 24} h`;
}
