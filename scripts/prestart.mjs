/** Before `npm start`: packages and build, no more. */
import { ensureBuilt, ensurePackages } from "./setup.mjs";

ensurePackages();
ensureBuilt();
