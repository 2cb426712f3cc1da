# The operator's login is the console. A shell: ssh -t admin@HOST bash
if [ "$(id -un)" = admin ] && [ -t 0 ] && [ -x /usr/bin/bristle ]; then
  exec /usr/bin/bristle console
fi
