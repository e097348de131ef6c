import { readFileSync } from 'node:fs';

/** Linux counts processor time in ticks of this many seconds, on all machines we know. */
const TICK_SECONDS = 0.01;
const KIB = 1024;

/** Processor time of the processes since their starts, user and system, seconds. Linux only. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // a name may hold anything, even spaces
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_SECONDS;
}

/** Resident memory now, MB (10⁶ bytes). Linux only. */
export function residentMb(pid: number): number {
  return statusKib(pid, 'VmRSS') * (KIB / 1e6);
}

/** The most that was ever resident, MB. */
export function peakResidentMb(pid: number): number {
  return statusKib(pid, 'VmHWM') * (KIB / 1e6);
}

function statusKib(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'latin1')
    .split('\n')
    .find((each) => each.startsWith(`${field}:`));
  return Number(/\d+/.exec(line ?? '')?.[0]);
}
