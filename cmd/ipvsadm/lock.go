package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// silentWait is how long a wait for the lock may take before anything is said about it.
const silentWait = time.Second

// ownNamespace is the file of the network namespace of this process.
const ownNamespace = "/proc/self/ns/net"

// A lockedError says that another process holds the lock.
type lockedError struct {
	holder string
	waited uint32 // seconds
}

func (e *lockedError) Error() string {
	if e.waited == 0 {
		return "the table is locked by " + e.holder
	}
	return fmt.Sprintf("the table is still locked by %s after %s", e.holder, seconds(e.waited))
}

// lock waits until no other restore, replacement or clear is under way in the network
// namespace, and keeps others from beginning. It locks the namespace's own file (flock(2)):
// that needs no place of its own, and the lock ends with the process. Where
// there is no such file, it does without and says so.
func (a *app) lock() (unlock func(), err error) {
	file, err := a.netns.lockFile()
	if err != nil {
		return a.unlocked(err)
	}
	switch err := a.waitFor(file); {
	case errors.As(err, new(*lockedError)), a.ctx.Err() != nil:
		return nil, err
	case err != nil:
		_ = file.Close()
		return a.unlocked(err)
	}
	return func() {
		_ = flock(file, unix.LOCK_UN)
		_ = file.Close()
	}, nil
}

// unlocked lets a command run without the lock.
func (a *app) unlocked(err error) (unlock func(), _ error) {
	a.complain("warning: cannot keep other restores from running at the same time: " + err.Error())
	return func() {}, nil
}

// lockFile opens the file that stands for the namespace.
func (n *namespace) lockFile() (*os.File, error) {
	if n == nil {
		file, err := os.Open(ownNamespace)
		if errors.Is(err, fs.ErrNotExist) {
			return socketNamespace()
		}
		return file, err
	}
	fd, err := unix.FcntlInt(n.file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), n.file.Name()), nil
}

// socketNamespace opens the same file where there is no /proc: by a socket in the namespace.
func socketNamespace() (*os.File, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(socket)
	fd, err := unix.IoctlRetInt(socket, unix.SIOCGSKNS)
	if err != nil {
		return nil, os.NewSyscallError("ioctl", err)
	}
	return os.NewFile(uintptr(fd), "network namespace"), nil
}

// waitFor locks a file, as soon as nobody else has it locked. If that takes too long, the
// error is a *lockedError and the file is of no more use: the kernel goes on waiting.
func (a *app) waitFor(file *os.File) error {
	err := flock(file, unix.LOCK_EX|unix.LOCK_NB)
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return err
	}
	if a.wait == 0 {
		return &lockedError{holder: holder(file)}
	}
	// The kernel wakes those that wait at once and in turn.
	locked := make(chan error, 1)
	go func() { locked <- flock(file, unix.LOCK_EX) }()
	limit := time.After(time.Duration(a.wait) * time.Second)
	silence := time.After(silentWait)
	for {
		select {
		case err := <-locked:
			return err
		case <-limit:
			return &lockedError{holder(file), a.wait}
		case <-a.ctx.Done():
			return a.ctx.Err()
		case <-silence:
			a.complain("the table is locked by " + holder(file) + "; waiting for up to " + seconds(a.wait))
		}
	}
}

// flock is flock(2).
func flock(file *os.File, how int) error {
	for {
		err := unix.Flock(int(file.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}

// holder returns who has a file locked, as far as the kernel's list of locks tells.
func holder(file *os.File) string {
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return anyHolder
	}
	list, _ := os.ReadFile("/proc/locks")
	return holderIn(string(list), fmt.Sprintf("%02x:%02x:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev), stat.Ino))
}

// anyHolder is a holder that is not known.
const anyHolder = "another process"

// holderIn finds who has an inode locked in a list with lines such as
//
//	1: FLOCK  ADVISORY  WRITE 4711 00:04:4026531840 0 EOF
//
// Those that wait have an arrow before FLOCK. A process outside of the reader's namespace of
// processes has no number there.
func holderIn(list, inode string) string {
	for line := range strings.Lines(list) {
		words := strings.Fields(line)
		if len(words) < 6 || words[1] != "FLOCK" || words[5] != inode {
			continue
		}
		if pid, err := strconv.Atoi(words[4]); err == nil && pid > 0 {
			return "process " + words[4]
		}
	}
	return anyHolder
}

func seconds(n uint32) string {
	if n == 1 {
		return "1 second"
	}
	return strconv.FormatUint(uint64(n), 10) + " seconds"
}

// notLocked reports that a command was not run for want of the lock.
func (a *app) notLocked(err error) int {
	a.complain(err.Error() + "; nothing was changed")
	return flags.ExitFault
}
