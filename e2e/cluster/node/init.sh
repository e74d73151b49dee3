#!/bin/bash
# Process 1 of a node. It is started in new network, mount and process namespaces, gives the node its own
# /proc, /run and /var/lib folders and an address, and then only collects orphans: when it is killed the
# kernel ends everything in the node, and mounts, bridges and rules go with the namespaces.
#
#   init.sh NODE_DIR ADDRESS/PREFIX      writes NODE_DIR/init, this process's number outside
set -eu
node_dir=$1 address=$2

read -r outer _ < /proc/self/stat   # /proc is still the outer one, where this process has another number

mount --make-rprivate /
mount --make-rshared /
mount -t proc proc /proc
mount -t tmpfs -o mode=755 node-run /run
for folder in lib/kubelet lib/containerd lib/cni log/pods log/containers; do
  mount --bind "$node_dir/var/$folder" "/var/$folder"   # cluster.sh made both
done

# No link leads out: the node's address sits on a pair of devices that both stay inside.
ip link set lo up
ip link add node0 type veth peer name node0p
ip link set node0 up
ip link set node0p up
ip addr add "$address" dev node0
ip route add default dev node0 src "${address%/*}"
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.node0.rp_filter=0

echo "$outer" > "$node_dir/init.new"
mv "$node_dir/init.new" "$node_dir/init"
while :; do
  sleep infinity &
  wait $!
done
