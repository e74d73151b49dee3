# The programs of the cluster and their flags. Source it after lib.sh, pki.sh and node.sh.

API_PORT_INSIDE=6443

# configure FILE TARGET: a file of config/ with its @NAMES@ filled in.
configure() {
  sed -e "s#@NODE@#$NODE#g; s#@NODE_DIR@#$NODE_DIR#g; s#@PKI@#$PKI#g; s#@POD_CIDR@#$POD_CIDR#g" \
    -e "s#@CGROUP@#$CGROUP#g; s#@DNS_SERVICE_IP@#$DNS_SERVICE_IP#g; s#@CLUSTER_DOMAIN@#$CLUSTER_DOMAIN#g" \
    "$CLUSTER_SOURCE/config/$1" | put "$2"
}

make_cluster_pki() {
  [ -e "$PKI/done" ] && return 0
  rm -rf "$PKI"
  make_control_plane_pki "IP:$NODE_ADDRESS" &&
    make_ca front-proxy-ca front-proxy-ca &&
    make_certificate front-proxy-client front-proxy-ca /CN=front-proxy-client clientAuth &&
    make_certificate kubelet-client ca /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth &&
    make_certificate scheduler ca /CN=system:kube-scheduler clientAuth &&
    make_certificate proxy ca /CN=system:kube-proxy clientAuth &&
    make_certificate "kubelet-$NODE" ca "/O=system:nodes/CN=system:node:$NODE" clientAuth &&
    make_certificate "kubelet-serving-$NODE" ca "/O=system:nodes/CN=system:node:$NODE" serverAuth \
      "DNS:$NODE,IP:$NODE_ADDRESS,IP:127.0.0.1" &&
    touch "$PKI/done"
}

write_configuration() {
  local user server=https://$NODE_ADDRESS:$API_PORT_INSIDE
  for user in kcm scheduler proxy "kubelet-$NODE"; do
    write_kubeconfig "$NODE_DIR/conf/$user.kubeconfig" "$server" "$user"
  done
  configure containerd.toml "$NODE_DIR/conf/containerd.toml"
  configure bridge.conflist "$NODE_DIR/conf/cni/10-bridge.conflist"
  configure kubelet.yaml "$NODE_DIR/conf/kubelet.yaml"
  configure proxy.yaml "$NODE_DIR/conf/proxy.yaml"
  configure dns.yaml "$DIR/dns.yaml"
  put "$NODE_DIR/conf/resolv.conf" </dev/null
}

start_etcd() {
  etcd_flags 2379 2380
  node_start etcd "$CRESSET_KUBE" etcd "${ETCD_FLAGS[@]}" --auto-compaction-retention 10m
}

start_apiserver() {
  etcd_flags 2379 2380
  node_start apiserver "$CRESSET_KUBE" kube-apiserver "${APISERVER_ETCD_FLAGS[@]}" \
    --bind-address=0.0.0.0 --advertise-address="$NODE_ADDRESS" --secure-port=$API_PORT_INSIDE \
    --service-cluster-ip-range=$SERVICE_CIDR --allow-privileged=true \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
    --client-ca-file="$PKI/ca.crt" --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --service-account-issuer=$SERVICE_ACCOUNT_ISSUER \
    --kubelet-client-certificate="$PKI/kubelet-client.crt" --kubelet-client-key="$PKI/kubelet-client.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=InternalIP,Hostname \
    --requestheader-client-ca-file="$PKI/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- --enable-aggregator-routing=true \
    --proxy-client-cert-file="$PKI/front-proxy-client.crt" --proxy-client-key-file="$PKI/front-proxy-client.key" \
    --audit-policy-file="$CLUSTER_SOURCE/config/audit-policy.yaml" --audit-log-path="$DIR/logs/audit.log" \
    --audit-log-maxsize=$AUDIT_LOG_MEGABYTES \
    --profiling=false
}

start_kcm() {
  local config=$NODE_DIR/conf/kcm.kubeconfig
  node_start kcm "$CRESSET_KUBE" kube-controller-manager --kubeconfig="$config" \
    --authentication-kubeconfig="$config" --authorization-kubeconfig="$config" \
    --service-account-private-key-file="$PKI/sa.key" --root-ca-file="$PKI/ca.crt" \
    --use-service-account-credentials=true --cluster-signing-cert-file="$PKI/ca.crt" \
    --cluster-signing-key-file="$PKI/ca.key" --cluster-cidr="$POD_CIDR" --allocate-node-cidrs=false \
    --leader-elect=false --bind-address=127.0.0.1 --kube-api-qps=300 --kube-api-burst=600
}

start_scheduler() {
  local config=$NODE_DIR/conf/scheduler.kubeconfig
  node_start scheduler "$CRESSET_KUBE" kube-scheduler --kubeconfig="$config" \
    --authentication-kubeconfig="$config" --authorization-kubeconfig="$config" \
    --leader-elect=false --bind-address=127.0.0.1 --kube-api-qps=300 --kube-api-burst=600
}

start_containerd() { node_start containerd containerd --config "$NODE_DIR/conf/containerd.toml"; }

start_kubelet() {
  node_start kubelet env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$CRESSET_KUBE" kubelet \
    --config="$NODE_DIR/conf/kubelet.yaml" --kubeconfig="$NODE_DIR/conf/kubelet-$NODE.kubeconfig" \
    --hostname-override="$NODE" --node-ip="$NODE_ADDRESS" --cert-dir="$NODE_DIR/conf/kubelet-certificates"
}

start_proxy() { node_start proxy "$CRESSET_KUBE" kube-proxy --config="$NODE_DIR/conf/proxy.yaml"; }
