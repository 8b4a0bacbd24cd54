// Chance that repeats itself from a seed (mulberry32).
export function random(seed) {
  let state = seed >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (bound) => Math.floor(unit() * bound);
  return { unit, below, between: (low, high) => low + below(high - low + 1), pick: (list) => list[below(list.length)] };
}
