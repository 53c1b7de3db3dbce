/**
 * Which tab of a person works on which lease, so that two tabs never show the same task.
 *
 * A claim is a lock of the browser: it ends with the tab, however that ends.
 */

const released = new Map<string, () => void>();

/** Claim a lease for this tab. False if another tab has it. */
export function claim(leaseId: string): Promise<boolean> {
  if (released.has(leaseId) || !("locks" in navigator)) {
    return Promise.resolve(true); // Without a secure context there are no locks: one tab, then.
  }
  return new Promise((resolve) => {
    void navigator.locks.request(`lease ${leaseId}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise<void>((release) => released.set(leaseId, release));
    });
  });
}

/** Give claims up: the leases are answered, or gone. */
export function release(leaseIds: readonly string[]): void {
  for (const leaseId of leaseIds) {
    released.get(leaseId)?.();
    released.delete(leaseId);
  }
}
