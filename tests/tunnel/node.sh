#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One compute node, in namespaces of its own: network, mounts, processes, host name. Its /etc, /var and /run are layers
# over the machine's, in memory. Only the directory BASE/shared is the same on all nodes.
# Usage: node.sh BASE NAME NUMBER LOGIN_SHELL [ROOT]; ROOT holds another release's libvirt and QEMU.
# BASE holds the keys, what makes a directory look like NFS to libvirtd (nfs.c), the programs of rssh-nova, and "setup",
# which is read before the daemons start. Ends with its standard input.
set -euo pipefail
base=$1 name=$2 number=$3 shell=$4

layer() # DIRECTORY: what is written below it stays here
{
	mkdir -p "/mnt/upper$1" "/mnt/work$1"
	mount -t overlay overlay -o "lowerdir=$1,upperdir=/mnt/upper$1,workdir=/mnt/work$1" "$1"
}

mount --make-rprivate /
if [ -n "${5-}" ]; then # the rest happens there
	mount --bind "$5" "$5"
	mkdir -p "$5/$base" "$5/nodes"
	mount --rbind "$base" "$5/$base"
	mount --bind "$(dirname "$0")" "$5/nodes"
	mount --rbind /dev "$5/dev"
	mount -t proc proc "$5/proc"
	mount -t sysfs sysfs "$5/sys"
	exec chroot "$5" /nodes/node.sh "$base" "$name" "$number" "$shell"
fi
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/dev /mnt/tmp
layer /etc
layer /var
layer /opt
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/sshd /run/lock /run/libvirt
mount -t tmpfs -o mode=0755 tmpfs /root
mount -t tmpfs -o mode=1777 tmpfs /mnt/tmp
mount -t tmpfs -o mode=0755 tmpfs /mnt/dev
for device in null zero full random urandom tty net/tun; do
	[ -e "/dev/$device" ] || continue
	mkdir -p "$(dirname "/mnt/dev/$device")"
	touch "/mnt/dev/$device"
	mount --bind "/dev/$device" "/mnt/dev/$device"
done
mkdir /mnt/dev/pts /mnt/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /mnt/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /mnt/dev/shm
ln -s pts/ptmx /mnt/dev/ptmx
ln -s /proc/self/fd /mnt/dev/fd
mount --move /mnt/dev /dev
for stream in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${stream%:*}" "/dev/${stream#*:}"; done
mount --move /mnt/tmp /tmp
hostname "$name"
ip link set lo up
while ! ip link show veth0 >/dev/null 2>&1; do sleep .05; done
ip address add "10.77.0.$number/24" dev veth0
ip link set veth0 up

printf '127.0.0.1 localhost\n10.77.0.1 node1\n10.77.0.2 node2\n' > /etc/hosts
getent passwd nova > /dev/null || useradd --system --create-home --home-dir /var/lib/nova nova
getent group libvirt > /dev/null || groupadd --system libvirt
usermod --password '*' --append --groups libvirt --shell "$shell" --home /var/lib/nova nova
mkdir -p /var/lib/nova/instances /var/lib/nova/.ssh "$base/shared"
mount --bind "$base/shared" /var/lib/nova/instances
chown nova:nova /var/lib/nova /var/lib/nova/instances
cp "$base/key.pub" /var/lib/nova/.ssh/authorized_keys
chown -R root:root /var/lib/nova/.ssh
mkdir -p /root/.ssh
cp "$base/key" /root/.ssh/id_ed25519
chmod 600 /root/.ssh/id_ed25519
printf '*' > /root/.ssh/known_hosts
printf ' %s' "$(cut -d' ' -f1-2 "$base/host.pub")" >> /root/.ssh/known_hosts
chmod 755 /var/lib/nova /var/lib/nova/.ssh

rm -rf /etc/libvirt/hooks /etc/libvirt/qemu /var/lib/libvirt/qemu
mkdir -p /etc/libvirt/qemu /var/lib/libvirt/qemu
cat > /etc/libvirt/qemu.conf <<END
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
user = "root"
group = "root"
migration_address = "10.77.0.$number"
END
cat > /etc/libvirt/libvirtd.conf <<END
unix_sock_group = "libvirt"
unix_sock_rw_perms = "0770"
auth_unix_rw = "none"
host_uuid = "00000000-0000-4000-8000-00000000000$number"
log_outputs = "3:file:/var/log/libvirtd.log"
END
cat > /etc/ssh/sshd_config <<END
ListenAddress 10.77.0.$number
HostKey $base/host
PidFile /run/sshd.pid
UsePAM no
PasswordAuthentication no
ExposeAuthInfo yes
MaxStartups 100
Subsystem sftp internal-sftp
END
/usr/bin/python3 "$(dirname "$0")/syslog.py" /var/log/audit &
while [ ! -S /dev/log ]; do sleep .05; done
# shellcheck disable=SC1091
if [ -e "$base/setup" ]; then . "$base/setup"; fi
/usr/sbin/sshd -E /var/log/sshd.log
LD_PRELOAD=$base/nfs.so libvirtd --daemon
echo ready
cat > /dev/null
