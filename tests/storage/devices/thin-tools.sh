truncate -s 400M data; truncate -s 4M meta
losetup /dev/loop0 data; losetup /dev/loop1 meta
dmsetup create pool --table "0 819200 thin-pool /dev/loop1 /dev/loop0 128 1024 1 skip_block_zeroing"
dmsetup message pool 0 "create_thin 0"
dmsetup create base --table "0 614400 thin /dev/mapper/pool 0"
dd if=/dev/urandom of=/dev/mapper/base bs=64K count=100 status=none
dmsetup suspend base; dmsetup message pool 0 "create_snap 1 0"; dmsetup resume base
dmsetup create snap --table "0 614400 thin /dev/mapper/pool 1"
dd if=/dev/urandom of=/dev/mapper/snap bs=64K count=3 conv=notrunc status=none
thin_ls /dev/loop1; echo $?
thin_ls -m /dev/loop1; echo $?
dmsetup message pool 0 reserve_metadata_snap; dmsetup message pool 0 reserve_metadata_snap
dmsetup status pool
thin_ls -m -o DEV,MAPPED_BLOCKS,EXCLUSIVE_BLOCKS,SHARED_BLOCKS /dev/loop1
dd if=/dev/urandom of=/dev/mapper/snap bs=64K count=10 conv=notrunc status=none
thin_ls -m -o DEV,MAPPED_BLOCKS,EXCLUSIVE_BLOCKS,SHARED_BLOCKS /dev/loop1
thin_check -m /dev/loop1
dmsetup message pool 0 release_metadata_snap; dmsetup status pool
dmsetup remove snap; dmsetup remove base; dmsetup remove pool
thin_ls /dev/loop1; thin_ls --no-headers -o DEV,SHARED,EXCLUSIVE_SECTORS,TRANSACTION /dev/loop1; thin_check /dev/loop1
thin_ls -o FOO meta; thin_ls /dev/loop0; thin_ls nosuch; mkdir d; thin_check d; echo $?
