# This file does nothing and is never run. lfd (csf's daemon) looks for /etc/osm/osmd.pl to know
# that osm is installed: after a cPanel upgrade it then restarts the service osmd. osm itself is
# /usr/sbin/osmd and /usr/sbin/osm.
