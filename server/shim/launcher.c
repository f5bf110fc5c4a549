/*
 * The two small steps between the shim and a person's command.
 *
 *   launcher outer [--mount SRC]... [--cgroup PROCS_FILE]... [--uid N] [--rlimit NAME VALUE]... [--seccomp FILE] -- ARGV...
 *     Before bubblewrap. With --mount: a mount namespace of its own in which each SRC appears as /run/flowbook/<n> (n counts
 *     from 0), so that a dropped uid can reach what stands under a 0700 folder. Then: control groups, limits, the uid and every
 *     privilege given up for good, the filter on fd 9, exec.
 *
 *   launcher inner [--relay PORT SOCKET]... [--nproc N] -- ARGV...
 *     Inside bubblewrap. Runs ARGV as the terminal's foreground group (so that Ctrl-C reaches it and not bubblewrap), carries
 *     127.0.0.1:PORT to the Unix socket, and ends with ARGV's exit code, 128 + n for signal n.
 *
 * Errors: one line on stderr, exit 125.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM "/run/flowbook"
#define MAX_MOUNTS 64
#define MAX_CONNECTIONS 256
#define BUFFER 65536
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static void die(const char *format, ...) {
  int error = errno;
  va_list args;
  va_start(args, format);
  fprintf(stderr, "flowbook launcher: ");
  vfprintf(stderr, format, args);
  va_end(args);
  if (error) fprintf(stderr, ": %s", strerror(error));
  fprintf(stderr, "\n");
  exit(125);
}

static const char *value_of(int argc, char **argv, int *i) {
  if (++*i >= argc) {
    errno = 0;
    die("%s wants a value", argv[*i - 1]);
  }
  return argv[*i];
}

static unsigned long long number_of(const char *text) {
  char *end;
  errno = 0;
  unsigned long long n = strtoull(text, &end, 10);
  if (errno || !*text || *end) {
    errno = 0;
    die("'%s' is not a number", text);
  }
  return n;
}

/* A limit above the hard one would be refused: the smaller of both holds. */
static void limit(int resource, rlim_t wanted) {
  struct rlimit r;
  if (getrlimit(resource, &r)) die("getrlimit");
  if (r.rlim_max != RLIM_INFINITY && wanted > r.rlim_max) wanted = r.rlim_max;
  r.rlim_cur = r.rlim_max = wanted;
  if (setrlimit(resource, &r)) die("setrlimit");
}

static int resource_of(const char *name) {
  if (!strcmp(name, "core")) return RLIMIT_CORE;
  if (!strcmp(name, "nofile")) return RLIMIT_NOFILE;
  if (!strcmp(name, "fsize")) return RLIMIT_FSIZE;
  if (!strcmp(name, "as")) return RLIMIT_AS;
  if (!strcmp(name, "cpu")) return RLIMIT_CPU;
  errno = 0;
  die("unknown limit '%s'", name);
  return -1;
}

static void write_file(const char *path, const char *text, int must) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) {
    if (must) die("cannot write %s", path);
  }
  if (fd >= 0) close(fd);
}

static void make_mounts(const char **sources, int count) {
  int fds[MAX_MOUNTS];
  if (unshare(CLONE_NEWNS)) die("unshare of the mount namespace");
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) die("making mounts private");
  /* Opened before the tmpfs hides whatever may stand below it. */
  for (int i = 0; i < count; i++) {
    fds[i] = open(sources[i], O_PATH | O_CLOEXEC);
    if (fds[i] < 0) die("cannot open %s", sources[i]);
  }
  if (mkdir(ROOM, 0755) && errno != EEXIST) die("mkdir " ROOM);
  if (mount("flowbook", ROOM, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")) die("tmpfs on " ROOM);
  for (int i = 0; i < count; i++) {
    char from[64], to[64];
    struct stat s;
    snprintf(from, sizeof from, "/proc/self/fd/%d", fds[i]);
    snprintf(to, sizeof to, ROOM "/%d", i);
    if (fstat(fds[i], &s)) die("fstat of %s", sources[i]);
    if (S_ISDIR(s.st_mode)) {
      if (mkdir(to, 0755)) die("mkdir %s", to);
    } else {
      int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
      if (fd < 0) die("cannot make %s", to);
      close(fd);
    }
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL)) die("binding %s", sources[i]);
    close(fds[i]);
  }
}

static void drop_to(unsigned uid) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2];
  memset(none, 0, sizeof none);
  if (setgroups(0, NULL)) die("setgroups");
  for (int cap = 0; cap < 64; cap++) prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  if (setresgid(uid, uid, uid)) die("setresgid");
  if (setresuid(uid, uid, uid)) die("setresuid");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall(SYS_capset, &header, none)) die("capset");
  if (setuid(0) == 0) {
    errno = 0;
    die("the uid could be taken back");
  }
  errno = 0;
}

static int outer(int argc, char **argv) {
  const char *mounts[MAX_MOUNTS], *cgroups[8], *seccomp = NULL;
  int mount_count = 0, cgroup_count = 0, i = 2;
  unsigned long long uid = 0;
  for (; i < argc && strcmp(argv[i], "--"); i++) {
    if (!strcmp(argv[i], "--mount")) {
      if (mount_count == MAX_MOUNTS) die("too many mounts");
      mounts[mount_count++] = value_of(argc, argv, &i);
    } else if (!strcmp(argv[i], "--cgroup")) {
      if (cgroup_count == 8) die("too many control groups");
      cgroups[cgroup_count++] = value_of(argc, argv, &i);
    } else if (!strcmp(argv[i], "--uid")) {
      uid = number_of(value_of(argc, argv, &i));
    } else if (!strcmp(argv[i], "--rlimit")) {
      int resource = resource_of(value_of(argc, argv, &i));
      limit(resource, (rlim_t)number_of(value_of(argc, argv, &i)));
    } else if (!strcmp(argv[i], "--seccomp")) {
      seccomp = value_of(argc, argv, &i);
    } else {
      errno = 0;
      die("unknown option '%s'", argv[i]);
    }
  }
  if (++i >= argc) {
    errno = 0;
    die("nothing to run");
  }
  syscall(SYS_close_range, 3, ~0U, 0);
  if (seccomp) {
    int fd = open(seccomp, O_RDONLY);
    if (fd < 0) die("cannot open the filter %s", seccomp);
    if (fd != 9) {
      if (dup2(fd, 9) < 0) die("dup2");
      close(fd);
    }
  }
  if (mount_count) make_mounts(mounts, mount_count);
  for (int n = 0; n < cgroup_count; n++) write_file(cgroups[n], "0", 1);
  /* The kernel's own out-of-memory killer takes steps before anything of ours. */
  write_file("/proc/self/oom_score_adj", "1000", 0);
  umask(022);
  if (uid) drop_to((unsigned)uid);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) die("no_new_privs");
  execv(argv[i], argv + i);
  die("cannot run %s", argv[i]);
  return 125;
}

/* ---- inner ---- */

struct listener { int fd; const char *socket; };
struct half { char *data; int from, to; int is_read_ended, is_write_ended; };
struct connection { int a, b; struct half up, down; };

static struct listener listeners[8];
static int listener_count = 0;
static struct connection connections[MAX_CONNECTIONS];
static int connection_count = 0;

static void add_listener(unsigned port, const char *path) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in at;
  memset(&at, 0, sizeof at);
  at.sin_family = AF_INET;
  at.sin_port = htons((unsigned short)port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0) die("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&at, sizeof at)) die("cannot listen on 127.0.0.1:%u", port);
  if (listen(fd, 128)) die("listen");
  if (listener_count == 8) die("too many relays");
  listeners[listener_count].fd = fd;
  listeners[listener_count++].socket = path;
}

static void close_connection(int n) {
  struct connection *c = &connections[n];
  close(c->a);
  close(c->b);
  free(c->up.data);
  free(c->down.data);
  *c = connections[--connection_count];
}

static void accept_from(struct listener *l) {
  struct sockaddr_un at;
  int a = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (a < 0) return;
  int b = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(&at, 0, sizeof at);
  at.sun_family = AF_UNIX;
  strncpy(at.sun_path, l->socket, sizeof at.sun_path - 1);
  struct connection c;
  memset(&c, 0, sizeof c);
  if (b < 0 || connect(b, (struct sockaddr *)&at, sizeof at)) {
    close(a);
    if (b >= 0) close(b);
    return;
  }
  fcntl(b, F_SETFL, O_NONBLOCK);
  c.a = a;
  c.b = b;
  c.up.data = malloc(BUFFER);
  c.down.data = malloc(BUFFER);
  if (!c.up.data || !c.down.data) {
    free(c.up.data);
    free(c.down.data);
    close(a);
    close(b);
    return;
  }
  connections[connection_count++] = c;
}

/* Moves what can be moved one way. -1: the connection is broken. */
static int carry(struct half *h, int from, int to) {
  for (;;) {
    if (h->from < h->to) {
      ssize_t n = send(to, h->data + h->from, (size_t)(h->to - h->from), MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
      h->from += (int)n;
      if (h->from < h->to) return 0;
    }
    h->from = h->to = 0;
    if (h->is_read_ended) {
      if (!h->is_write_ended) {
        shutdown(to, SHUT_WR);
        h->is_write_ended = 1;
      }
      return 0;
    }
    ssize_t n = recv(from, h->data, BUFFER, 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (n == 0) h->is_read_ended = 1;
    else h->to = (int)n;
  }
}

static int child_pipe[2];
static void on_child(int signal) {
  int saved = errno;
  (void)signal;
  if (write(child_pipe[1], "x", 1) < 0) { /* full: it is readable already */ }
  errno = saved;
}

/* Collects what has ended; the command's wait status once that is among it, else -1. */
static int collect(pid_t command) {
  int status, result = -1;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) if (pid == command) result = status;
  return result;
}

static int relay_until(pid_t command) {
  static struct pollfd fds[1 + 8 + 2 * MAX_CONNECTIONS];
  for (;;) {
    int count = 0, first;
    fds[count++] = (struct pollfd){child_pipe[0], POLLIN, 0};
    for (int n = 0; n < listener_count; n++)
      fds[count++] = (struct pollfd){connection_count < MAX_CONNECTIONS ? listeners[n].fd : -1, POLLIN, 0};
    first = count;
    for (int n = 0; n < connection_count; n++) {
      struct connection *c = &connections[n];
      short a = 0, b = 0;
      if (c->up.from < c->up.to) b |= POLLOUT; else if (!c->up.is_read_ended) a |= POLLIN;
      if (c->down.from < c->down.to) a |= POLLOUT; else if (!c->down.is_read_ended) b |= POLLIN;
      /* A side with nothing to wait for would report POLLHUP for ever. */
      fds[count++] = (struct pollfd){a ? c->a : -1, a, 0};
      fds[count++] = (struct pollfd){b ? c->b : -1, b, 0};
    }
    if (poll(fds, (nfds_t)count, -1) < 0 && errno != EINTR) die("poll");
    if (fds[0].revents) {
      char drop[64];
      while (read(child_pipe[0], drop, sizeof drop) > 0) {}
      int status = collect(command);
      if (status >= 0) return status;
    }
    /* From the last one, as closing moves the last into the gap. */
    for (int n = (count - first) / 2 - 1; n >= 0; n--) {
      struct connection *c = &connections[n];
      if (!fds[first + 2 * n].revents && !fds[first + 2 * n + 1].revents) continue;
      if (carry(&c->up, c->a, c->b) < 0 || carry(&c->down, c->b, c->a) < 0 || (c->up.is_write_ended && c->down.is_write_ended))
        close_connection(n);
    }
    for (int n = 0; n < listener_count; n++) if (fds[1 + n].revents && connection_count < MAX_CONNECTIONS) accept_from(&listeners[n]);
  }
}

static int inner(int argc, char **argv) {
  unsigned long long nproc = 0;
  int i = 2;
  for (; i < argc && strcmp(argv[i], "--"); i++) {
    if (!strcmp(argv[i], "--relay")) {
      unsigned port = (unsigned)number_of(value_of(argc, argv, &i));
      add_listener(port, value_of(argc, argv, &i));
    } else if (!strcmp(argv[i], "--nproc")) {
      nproc = number_of(value_of(argc, argv, &i));
    } else {
      errno = 0;
      die("unknown option '%s'", argv[i]);
    }
  }
  if (++i >= argc) {
    errno = 0;
    die("nothing to run");
  }
  /* Counted inside the user namespace: two sandboxes of one uid do not share it. */
  if (nproc) limit(RLIMIT_NPROC, (rlim_t)nproc);

  if (pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK)) die("pipe");
  struct sigaction on = {0};
  on.sa_handler = on_child;
  sigaction(SIGCHLD, &on, NULL);
  signal(SIGTTOU, SIG_IGN);
  int is_terminal = isatty(0);

  pid_t command = fork();
  if (command < 0) die("fork");
  if (command == 0) {
    setpgid(0, 0);
    if (is_terminal) tcsetpgrp(0, getpid());
    for (int s = 1; s < 32; s++) if (s != SIGKILL && s != SIGSTOP) signal(s, SIG_DFL);
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, NULL);
    execvp(argv[i], argv + i);
    fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
  }
  setpgid(command, command);
  const int ours[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGTTIN, SIGPIPE};
  for (unsigned s = 0; s < sizeof ours / sizeof *ours; s++) signal(ours[s], SIG_IGN);
  int status = relay_until(command);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "outer")) return outer(argc, argv);
  if (argc > 1 && !strcmp(argv[1], "inner")) return inner(argc, argv);
  fprintf(stderr, "usage: launcher outer|inner … -- command\n");
  return 125;
}
