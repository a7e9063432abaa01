/** Sorts commands by how much they matter, and finds the files that they write. */
import { programOf } from './expand.ts';
import { type KnownText, literalOf } from './known-text.ts';
import { listedFiles, nonOptions } from './listings.ts';
import type { Weight } from './trace-events.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

const NONE = words(
  `echo printf date sleep pushd popd set true false : exit return break continue trap umask unset read shift wait
  basename dirname test [ let typeset ulimit hostname whoami id df du uptime getopts ls stat cat head tail wc find grep
  egrep zgrep awk gawk sed sort uniq cut tr tee pwd tput clear hash builtin alias shopt declare local export readonly
  uname nproc free top ps pgrep pidof which type md5sum sha1sum sha256sum diff cmp seq expr bc column paste comm yes
  tty stty logger lsof readlink realpath file nl rev fold mktemp jq mapfile readarray shasum base64 xxd od tac join numfmt iconv xmllint
  logname groups who w users last env printenv locale tput getent caller enable dirs times`,
);

const MINOR = words(`mkdir rm rmdir touch mail mailx mutt sendmail wall write kill pkill killall chmod chown chgrp
  ssh-agent ssh-add disown renice truncate lockfile dotlockfile`);

const UPKEEP = words(
  `mv cp ln gzip gunzip bzip2 bunzip2 xz unxz zcat tar zip unzip scp rsync install logrotate savelog tmpwatch tmpreaper
  ntpdate sync split dd shred cpio unlink`,
);

/** Says how much a command matters. */
export const weightOf = (all: readonly KnownText[]): Weight => {
  const program = programOf(all);
  const verb = literalOf(all[1] ?? []);
  if (NONE.has(program) || (listedFiles(all) !== undefined && program !== 'find')) {
    return 'none';
  }
  if (MINOR.has(program)) {
    return 'minor';
  }
  const isCopy =
    UPKEEP.has(program) ||
    (program === 'aws' && (verb === 's3' || verb === 's3api')) ||
    (/^(hadoop|hdfs)$/.test(program) && /^(fs|dfs)$/.test(verb ?? ''));
  return isCopy ? 'upkeep' : 'work';
};

/** Programs that come with the system: none of them waits for a file of the user. */
const SYSTEM =
  words(`python python2 python3 perl ruby php node java Rscript R scala sh bash ksh zsh dash make cmake gcc ant mvn
  spark-submit hive beeline mysql psql sqlite3 mysqldump pg_dump pg_dumpall mongodump mongo sqlplus hadoop hdfs pig sqoop
  docker docker-compose podman kubectl aws gcloud gsutil az s3cmd rclone restic borg rsnapshot duplicity curl wget lynx
  ftp lftp sftp git svn hg certbot letsencrypt apt apt-get aptitude yum dnf npm yarn pip pip3 composer wp drush rake
  bundle systemctl service initctl supervisorctl reboot shutdown halt iptables ufw fail2ban-client ssh mount umount
  freshclam clamscan updatedb mandb anacron run-parts logrotate dnf-automatic sa-update newsyslog periodic zfs zpool
  btrfs openssl gpg shred smartctl mdadm fstrim ntpdate chronyc vacuumdb reindexdb pg_basebackup redis-cli rabbitmqctl nginx apachectl
  httpd postfix crontab screen tmux xargs parallel ffmpeg convert`);

/** Says whether a program is one that many systems have. */
export const isSystemProgram = (path: string): boolean => {
  const name = path.split('/').at(-1) ?? '';
  const isKnown = SYSTEM.has(name) || NONE.has(name) || MINOR.has(name) || UPKEEP.has(name);
  const isPlaced = !path.includes('/') || /^\/(usr\/)?(local\/)?s?bin\/[^/]+$/.test(path);
  return (isPlaced && (isKnown || /^python[\d.]+$/.test(name))) || /^\/(usr\/)?s?bin\/[^/.]+$/.test(path);
};

const WRITERS: Readonly<Record<string, (all: readonly KnownText[]) => readonly KnownText[]>> = {
  touch: (all) => nonOptions(all.slice(1)),
  mv: (all) => all.slice(-1),
  cp: (all) => all.slice(-1),
  ln: (all) => all.slice(-1),
  tee: (all) => nonOptions(all.slice(1)),
};

/** Lists the files that a command writes. */
export const writtenBy = (all: readonly KnownText[]): readonly KnownText[] => {
  const program = programOf(all);
  const [, verb, option] = all.map(literalOf);
  if (program === 'aws' && verb === 's3' && ['cp', 'mv', 'sync'].includes(option ?? '')) {
    return nonOptions(all.slice(3)).slice(1, 2);
  }
  const puts = ['-touchz', '-put', '-copyFromLocal', '-mv', '-cp'];
  if ((program === 'hadoop' || program === 'hdfs') && puts.includes(option ?? '')) {
    return all.slice(-1);
  }
  return Object.hasOwn(WRITERS, program) ? (WRITERS[program]?.(all) ?? []) : [];
};

/** Programs that bring files from another host or a bucket. */
const FETCHERS = /^(rsync|scp|sftp|lftp|ftp|wget|curl|aws|gsutil|rclone|s3cmd|hadoop|hdfs)$/;

/** Lists the places into which a command brings files from elsewhere. */
export const fetchedBy = (all: readonly KnownText[]): readonly KnownText[] => {
  if (!FETCHERS.test(programOf(all))) {
    return [];
  }
  const operands = nonOptions(all.slice(1));
  const from = operands.slice(0, -1).some((word) => /:/.test(literalOf(word) ?? word.map(({ kind }) => kind).join()));
  return from ? operands.slice(-1) : [];
};
