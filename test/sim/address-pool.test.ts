/** Addresses: one each, and none twice at a time. */
import { describe, expect, it } from "vitest";
import { createAddressPool } from "../../src/sim/controllers/address-pool.ts";

describe("a pool of addresses", () => {
  it("gives every holder one of its own, the same one whenever it asks", () => {
    const pool = createAddressPool("10.1");
    expect(["a", "b", "a"].map((uid) => pool.take(uid))).toEqual(["10.1.0.1", "10.1.0.2", "10.1.0.1"]);
  });

  it("gives nobody an address that another brought along", () => {
    const pool = createAddressPool("10.1");
    pool.keep("a", "10.1.0.1");
    expect(pool.take("b")).toBe("10.1.0.2");
    expect(pool.take("a")).toBe("10.1.0.1");
  });

  it("gives all of a /16, then none until one is free", () => {
    const pool = createAddressPool("10.1");
    const all = new Set(Array.from({ length: 65_534 }, (_, index) => pool.take(String(index))));
    expect(all.size).toBe(65_534);
    expect([...all].at(-1)).toBe("10.1.255.254");
    expect(pool.take("late")).toBeUndefined();
    pool.free("300");
    expect(pool.take("late")).toBe("10.1.1.45");
  });
});
