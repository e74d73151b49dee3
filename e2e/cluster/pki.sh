# Keys, certificates and kubeconfigs of a cluster, EC P-256. Source it after lib.sh; needs $PKI (a folder).

PKI_DAYS=3650

make_ca() { # FILE NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days $PKI_DAYS \
    -subj "/CN=$2" -keyout "$PKI/$1.key" -out "$PKI/$1.crt" \
    -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature 2>/dev/null
}

make_certificate() { # FILE CA SUBJECT serverAuth|clientAuth|serverAuth,clientAuth [NAMES]
  local file=$PKI/$1
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$3" \
    -keyout "$file.key" -out "$file.csr" 2>/dev/null
  {
    echo "keyUsage=critical,digitalSignature,keyEncipherment"
    echo "extendedKeyUsage=$4"
    [ -z "${5:-}" ] || echo "subjectAltName=$5"
  } > "$file.ext"
  openssl x509 -req -in "$file.csr" -CA "$PKI/$2.crt" -CAkey "$PKI/$2.key" -days $PKI_DAYS \
    -set_serial "0x$(openssl rand -hex 8)" -extfile "$file.ext" -out "$file.crt" 2>/dev/null
  rm -f "$file.csr" "$file.ext"
}

make_service_account_key() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/sa.key" 2>/dev/null
  openssl ec -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub" 2>/dev/null
}

# write_kubeconfig FILE SERVER USER: for the client certificate of that name.
write_kubeconfig() {
  put "$1" <<E
apiVersion: v1
kind: Config
clusters:
- name: cresset
  cluster:
    server: $2
    certificate-authority-data: $(base64 -w0 < "$PKI/ca.crt")
users:
- name: $3
  user:
    client-certificate-data: $(base64 -w0 < "$PKI/$3.crt")
    client-key-data: $(base64 -w0 < "$PKI/$3.key")
contexts:
- name: cresset
  context: {cluster: cresset, user: $3}
current-context: cresset
E
  chmod 600 "$1"
}

# etcd has a CA of its own: nobody but the API server has a certificate of it. Its own is for both ends,
# since its JSON gateway calls itself.
make_etcd_pki() {
  make_ca etcd-ca etcd-ca &&
    make_certificate etcd etcd-ca /CN=etcd serverAuth,clientAuth DNS:localhost,IP:127.0.0.1 &&
    make_certificate etcd-client etcd-ca /CN=kube-apiserver-etcd-client clientAuth
}

# make_control_plane_pki [NAMES]: what etcd, an API server and its administrator need.
make_control_plane_pki() {
  local names="DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  names+=",DNS:kubernetes.default.svc.$CLUSTER_DOMAIN,IP:127.0.0.1,IP:$API_SERVICE_IP${1:+,$1}"
  mkdir -p "$PKI" && chmod 700 "$PKI"
  make_ca ca kubernetes-ca &&
    make_certificate apiserver ca /CN=kube-apiserver serverAuth "$names" &&
    make_certificate admin ca /O=system:masters/CN=admin clientAuth &&
    make_certificate kcm ca /CN=system:kube-controller-manager clientAuth &&
    make_etcd_pki &&
    make_service_account_key
}

# Flags in arrays: ETCD_FLAGS and APISERVER_ETCD_FLAGS. Both of etcd's doors are on loopback and want a certificate.
etcd_flags() { # CLIENT_PORT PEER_PORT
  local client=https://127.0.0.1:$1 peer=https://127.0.0.1:$2
  ETCD_FLAGS=(--name one --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn
    --listen-client-urls "$client" --advertise-client-urls "$client"
    --cert-file "$PKI/etcd.crt" --key-file "$PKI/etcd.key" --client-cert-auth --trusted-ca-file "$PKI/etcd-ca.crt"
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "one=$peer"
    --peer-cert-file "$PKI/etcd.crt" --peer-key-file "$PKI/etcd.key" --peer-client-cert-auth
    --peer-trusted-ca-file "$PKI/etcd-ca.crt")
  APISERVER_ETCD_FLAGS=("--etcd-servers=$client" "--etcd-cafile=$PKI/etcd-ca.crt"
    "--etcd-certfile=$PKI/etcd-client.crt" "--etcd-keyfile=$PKI/etcd-client.key")
}
