// The workflow that Restate runs: as many steps as asked for, each of which hands on what it got.
import * as restate from "@restatedev/restate-sdk";

const bench = restate.service({
  name: "bench",
  handlers: {
    chain: async (ctx, { steps, input }) => {
      let value = input;
      for (let i = 0; i < steps; ++i) value = await ctx.run(`step ${i}`, () => value);
      return value;
    },
  },
});
await restate.serve({ services: [bench], port: Number(process.argv[2]) });
