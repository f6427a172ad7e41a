#!/bin/sh
# OpenSSH's sshd with internal-sftp, its own host key and its own user key. As root it also takes a password: the server
# then sees a shadow file of its own, in a mount namespace of its own.
. "$(dirname "$0")/lab.sh"
sshd=$(command -v sshd || echo /usr/sbin/sshd)
need "$sshd" sshd
need ssh-keygen sshd
port=$(free_port)
user=$(id -un)
mkdir "$data/repositories"
ssh-keygen -q -t ed25519 -N '' -C lab -f "$data/host_key"
ssh-keygen -q -t ed25519 -N '' -C lab -f "$data/user_key"
ssh-keygen -q -t rsa -b 2048 -N 'pass phrase' -C lab -f "$data/rsa_key"
cat "$data/user_key.pub" "$data/rsa_key.pub" >"$data/authorized_keys"
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$data/host_key.pub")" >"$data/known_hosts"
cat >"$data/sshd_config" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $data/host_key
PidFile $data/sshd.pid
AuthorizedKeysFile $data/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PrintMotd no
MaxStartups 100
Subsystem sftp internal-sftp
CONFIG
if [ "$(id -u)" = 0 ]; then
    mkdir -p /run/sshd
    hash=$(openssl passwd -6 'lab password')
    sed "s|^root:[^:]*:|root:$hash:|" /etc/shadow >"$data/shadow"
    chmod 600 "$data/shadow"
    serve unshare --mount --propagation private sh -c 'mount --bind "$1" /etc/shadow && exec "$2" -D -e -f "$3"' sh "$data/shadow" "$sshd" "$data/sshd_config"
else
    serve "$sshd" -D -e -f "$data/sshd_config"
fi
answers "$port"
ready "{\"host\":\"127.0.0.1\",\"port\":$port,\"user\":\"$user\",\"key_file\":\"$data/user_key\",\"rsa_key_file\":\"$data/rsa_key\",\"rsa_key_passphrase\":\"pass phrase\",\"password\":\"lab password\",\"known_hosts\":\"$data/known_hosts\",\"folder\":\"$data/repositories\"}"
