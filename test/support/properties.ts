// The one door to fast-check: properties try the same cases in every run of CI, and fresh ones in the long run.
//
// A property that finds a mistake by luck must not fail somebody else's commit: new cases are what `npm run test:long` is for.
// PLIMSOLL_SEED=N tries the cases of seed N.
import fc from "fast-check";
import { isLongRun } from "./long-run.ts";

const stated = process.env["PLIMSOLL_SEED"];
if (stated !== undefined) fc.configureGlobal({ seed: Number(stated) });
else if (!isLongRun) fc.configureGlobal({ seed: 20261121 });

export default fc;
