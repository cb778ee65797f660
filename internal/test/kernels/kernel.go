// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// wanted are the modules that the tests use, with all that they depend on, and those that lead out of the machine.
var wanted = []string{
	"virtio_pci", "virtio_console", "virtio_mmio",
	"ip_vs", "ip_vs_ftp", "ip_vs_pe_sip",
	"ip_vs_rr", "ip_vs_wrr", "ip_vs_lc", "ip_vs_wlc", "ip_vs_lblc", "ip_vs_lblcr", "ip_vs_dh", "ip_vs_sh", "ip_vs_sed",
	"ip_vs_nq", "ip_vs_fo", "ip_vs_ovf", "ip_vs_mh", "ip_vs_twos",
	"nf_conntrack", "nf_conntrack_netlink", "nf_nat", "nf_tables", "nft_compat",
	"nft_chain_nat", "nft_ct", "nft_masq", "nft_nat", "nft_redir", "xt_ipvs", "xt_mark", "xt_MARK", "xt_multiport", "xt_REDIRECT", "xt_MASQUERADE", "xt_nat",
	"xt_conntrack", "xt_tcpudp", "iptable_filter", "iptable_nat", "iptable_mangle", "ip6table_filter", "ip6table_mangle", "ip6table_nat",
	"crc32c_generic", "libcrc32c", "crc32c-cryptoapi",
	"ipv6", "bridge", "stp", "veth", "dummy", "ipip", "sit", "ip6_tunnel", "ip_gre", "gre", "fou", "fou6", "ip_tunnel", "tunnel4", "sctp",
	"udp_diag", "tcp_diag", "inet_diag", "nlmon", "overlay", "sch_netem", "sch_ingress", "cls_bpf", "8021q",
}

// loaded are the modules that are loaded at boot; the others are where a test, or the kernel, asks for them.
var loaded = []string{"virtio_pci", "virtio_mmio", "virtio_console", "crc32c_generic", "ipv6", "ip_vs"}

// A kernel is one that was fetched.
type kernel struct {
	image   string   // the file
	release string   // as uname(1) prints it
	version string   // of the package
	modules string   // the directory that has lib/modules
	present []string // which of the modules wanted are there, built in or not
}

// fetchKernel puts a kernel of an archive into the directory dir.
func fetchKernel(a *archive, m *machine, dir string) error {
	packages, err := a.kernelPackages(m.image)
	if err != nil {
		return err
	}
	version, err := a.field(packages[0], "Version")
	if err != nil {
		return err
	}
	work := dir + "/work"
	if err := os.MkdirAll(work, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(work)
	debs, err := a.download(work, packages)
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if err := unpack(deb, func(name string, head *tar.Header, data io.Reader) error {
			return keepKernel(work, dir, name, head, data)
		}); err != nil {
			return err
		}
	}
	if _, err := os.Stat(dir + "/image"); err != nil {
		return fmt.Errorf("%v have no kernel: %w", packages, err)
	}
	release, err := onlyEntry(work + "/lib/modules")
	if err != nil {
		return err
	}
	if err := chooseModules(work, dir, release); err != nil {
		return err
	}
	return os.WriteFile(dir+"/about", []byte(release+"\n"+version+"\n"), 0o644)
}

// keepKernel writes the kernel and its modules: compressed ones are kept so.
func keepKernel(work, dir, name string, head *tar.Header, data io.Reader) error {
	if head.Typeflag != tar.TypeReg {
		return nil
	}
	to := ""
	switch base := path.Base(name); {
	case strings.HasPrefix(base, "vmlinu") && (path.Dir(name) == "boot" || path.Dir(path.Dir(name)) == "usr/lib/modules"):
		to = dir + "/image"
	case strings.HasPrefix(name, "usr/lib/modules/") && (strings.HasPrefix(base, "modules.") || tested(name)):
		to = work + "/" + strings.TrimPrefix(name, "usr/")
	default:
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, data)
	return errors.Join(err, f.Close())
}

// tested reports whether a module may be one that the tests use, or one of those that it needs. Others need not be
// looked at.
func tested(name string) bool {
	_, name, _ = strings.Cut(name, "/kernel/")
	for _, part := range []string{"net/", "lib/", "crypto/", "arch/", "fs/overlayfs/", "drivers/virtio/",
		"drivers/char/virtio_console.", "drivers/net/veth.", "drivers/net/dummy.", "drivers/net/nlmon."} {
		if strings.HasPrefix(name, part) {
			return true
		}
	}
	return false
}

func onlyEntry(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("%s has %d entries", dir, len(entries))
	}
	return entries[0].Name(), nil
}

// chooseModules copies the modules that are wanted, and those that they depend on, from work to dir.
func chooseModules(work, dir, release string) error {
	if _, err := output("", "depmod", "-b", work, release); err != nil {
		return err
	}
	from := filepath.Join(work, "lib/modules", release)
	to := filepath.Join(dir, "modules/lib/modules", release)
	needs, err := dependencies(from + "/modules.dep")
	if err != nil {
		return err
	}
	files := []string{"modules.builtin", "modules.order", "modules.builtin.modinfo"}
	for file, on := range needs {
		if slices.ContainsFunc(wanted, func(w string) bool { return moduleName(file) == underscored(w) }) {
			files = append(append(files, file), on...)
		}
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		data, err := os.ReadFile(filepath.Join(from, file))
		if errors.Is(err, fs.ErrNotExist) && !strings.Contains(file, "/") {
			continue // older kernels have fewer of the lists
		}
		if err == nil {
			file, data, err = decompressed(file, data)
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(to, file)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, file), data, 0o644)
		}
		if err != nil {
			return err
		}
	}
	_, err = output("", "depmod", "-b", dir+"/modules", release)
	return err
}

// dependencies reads which files a module needs.
func dependencies(name string) (map[string][]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	needs := make(map[string][]string)
	for lines := bufio.NewScanner(f); ; {
		if !lines.Scan() {
			return needs, lines.Err()
		}
		file, on, _ := strings.Cut(lines.Text(), ":")
		needs[file] = strings.Fields(on)
	}
}

// moduleName is the name of the module in a file.
func moduleName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".ko")
	return underscored(name)
}

func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// readKernel reads what fetchKernel has written.
func readKernel(dir string) (*kernel, error) {
	about, err := os.ReadFile(dir + "/about")
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(about), "\n")
	k := &kernel{image: dir + "/image", release: lines[0], version: lines[1], modules: dir + "/modules"}
	lists := filepath.Join(k.modules, "lib/modules", k.release)
	needs, err := dependencies(lists + "/modules.dep")
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool)
	for file := range needs {
		names[moduleName(file)] = true
	}
	builtin, err := os.ReadFile(lists + "/modules.builtin")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(builtin)) {
		names[moduleName(strings.TrimSpace(line))] = true
	}
	for _, name := range wanted {
		if names[underscored(name)] {
			k.present = append(k.present, name)
		}
	}
	return k, nil
}

// addModules puts the modules into a machine's tree.
func (k *kernel) addModules(t tree) error {
	return filepath.WalkDir(k.modules, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(k.modules, name)
		if err != nil {
			return err
		}
		return t.copy("usr/"+relative, 0o644, name)
	})
}

// load are the modules to load at boot.
func (k *kernel) load() []string {
	return slices.DeleteFunc(slices.Clone(loaded), func(name string) bool { return !slices.Contains(k.present, name) })
}
