/*
 * The system call filter of a step, as the BPF program that bubblewrap loads (`--seccomp`): what is listed is refused, all else
 * passes. A namespace does not cover these: they reach the kernel itself, other processes, or the terminal outside.
 * Numbers: x86_64 from arch/x86/entry/syscalls/syscall_64.tbl, aarch64 from include/uapi/asm-generic/unistd.h; null: not there.
 */

type Numbers = { x64: number | null; arm64: number | null };
const both = (x64: number | null, arm64: number | null): Numbers => ({ x64, arm64 });

/** Refused with EPERM. */
const refused: Record<string, Numbers> = {
  ptrace: both(101, 117), process_vm_readv: both(310, 270), process_vm_writev: both(311, 271), kcmp: both(312, 272), process_madvise: both(440, 440), pidfd_getfd: both(438, 438),
  bpf: both(321, 280), perf_event_open: both(298, 241), userfaultfd: both(323, 282),
  keyctl: both(250, 219), add_key: both(248, 217), request_key: both(249, 218),
  io_uring_setup: both(425, 425), io_uring_enter: both(426, 426), io_uring_register: both(427, 427),
  unshare: both(272, 97), setns: both(308, 268),
  mount: both(165, 40), umount2: both(166, 39), pivot_root: both(155, 41), chroot: both(161, 51), mount_setattr: both(442, 442),
  kexec_load: both(246, 104), kexec_file_load: both(320, 294),
  init_module: both(175, 105), finit_module: both(313, 273), delete_module: both(176, 106), create_module: both(174, null), get_kernel_syms: both(177, null), query_module: both(178, null),
  open_by_handle_at: both(304, 265), name_to_handle_at: both(303, 264),
  swapon: both(167, 224), swapoff: both(168, 225), reboot: both(169, 142), syslog: both(103, 116), acct: both(163, 89), vhangup: both(153, 58),
  quotactl: both(179, 60), quotactl_fd: both(443, 443), fanotify_init: both(300, 262), lookup_dcookie: both(212, 18),
  personality: both(135, 92), settimeofday: both(164, 170), clock_settime: both(227, 112), clock_adjtime: both(305, 266), adjtimex: both(159, 171),
  sethostname: both(170, 161), setdomainname: both(171, 162), iopl: both(172, null), ioperm: both(173, null), modify_ldt: both(154, null), uselib: both(134, null), ustat: both(136, null), sysfs: both(139, null), _sysctl: both(156, null), nfsservctl: both(180, 42), vserver: both(236, null),
  move_pages: both(279, 239), migrate_pages: both(256, 238),
};

/** Answered "no such call", so that the C library takes the older one, whose arguments a filter can read. */
const unknown: Record<string, Numbers> = {
  clone3: both(435, 435), fsopen: both(430, 430), fsconfig: both(431, 431), fsmount: both(432, 432), fspick: both(433, 433), open_tree: both(428, 428), move_mount: both(429, 429),
};

const other = { clone: both(56, 220), socket: both(41, 198), ioctl: both(16, 29) };

const auditArch = { x64: 0xc000003e, arm64: 0xc00000b7 };
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const cloneNamespaces = 0x7e020000;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
const families = [1, 2, 10, 16];
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const errno = (n: number) => 0x00050000 | n;

const LOAD = 0x20;
const JEQ = 0x15;
const JGE = 0x35;
const JSET = 0x45;
const RETURN = 0x06;
const at = { nr: 0, arch: 4, arg0: 16, arg1: 24 };

type Instruction = [code: number, jumpTrue: number, jumpFalse: number, value: number];

/**
 * The filter for this processor as bubblewrap reads it: `struct sock_filter[]`, little-endian.
 *
 * @throws Error for a processor that has no list here: without a filter no step runs.
 */
export function seccompProgram(arch: string = process.arch): Buffer {
  if (arch !== "x64" && arch !== "arm64") throw new Error(`There is no system call filter for the processor '${arch}'.`);
  const program: Instruction[] = [
    [LOAD, 0, 0, at.arch],
    [JEQ, 1, 0, auditArch[arch]],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, at.nr],
  ];
  // x32 calls carry bit 30 and would pass every comparison below.
  if (arch === "x64") program.push([JGE, 0, 1, 0x40000000], [RETURN, 0, 0, KILL_PROCESS]);
  for (const [list, answer] of [[refused, errno(EPERM)], [unknown, errno(ENOSYS)]] as const) {
    for (const numbers of Object.values(list)) {
      const nr = numbers[arch];
      if (nr !== null) program.push([JEQ, 0, 1, nr], [RETURN, 0, 0, answer]);
    }
  }
  const onCall = (numbers: Numbers, body: Instruction[]) => {
    const nr = numbers[arch];
    if (nr !== null) program.push([JEQ, 0, body.length, nr], ...body);
  };
  onCall(other.clone, [[LOAD, 0, 0, at.arg0], [JSET, 0, 1, cloneNamespaces], [RETURN, 0, 0, errno(EPERM)], [RETURN, 0, 0, ALLOW]]);
  onCall(other.socket, [
    [LOAD, 0, 0, at.arg0],
    ...families.map((family, i): Instruction => [JEQ, families.length - i, 0, family]),
    [RETURN, 0, 0, errno(EAFNOSUPPORT)],
    [RETURN, 0, 0, ALLOW],
  ]);
  // The kernel reads 32 bits of an ioctl's number: so do we, or the high bits would slip a forbidden one through.
  onCall(other.ioctl, [[LOAD, 0, 0, at.arg1], [JEQ, 1, 0, TIOCSTI], [JEQ, 0, 1, TIOCLINUX], [RETURN, 0, 0, errno(EPERM)], [RETURN, 0, 0, ALLOW]]);
  program.push([RETURN, 0, 0, ALLOW]);

  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, jumpTrue, jumpFalse, value], i) => {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(jumpTrue, i * 8 + 2);
    bytes.writeUInt8(jumpFalse, i * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, i * 8 + 4);
  });
  return bytes;
}
