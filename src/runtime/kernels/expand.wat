;; bfloat16 → float32 of a matrix, [rows, columns] → [columns, rows], with a low-rank matrix added on the way where
;; there is one: `gpu/kernels/expand.wgsl` again for the CPU. Works in blocks of four rows by eight columns, so `rows` is a
;; multiple of 4 and `columns` of 8; callers fill up.

(module
  (memory (export "memory") 1)

  ;; Columns [first, last) of the weights at `weights`, to [last - first, rows] at `output`. `up` is [rank, rows], `down`
  ;; [rank, columns]; all four are addresses.
  (func (export "expand_transposed")
    (param $rows i32) (param $columns i32) (param $first i32) (param $last i32) (param $rank i32)
    (param $weights i32) (param $up i32) (param $down i32) (param $output i32)
    (local $row i32) (local $column i32) (local $k i32) (local $at i32) (local $stride i32)
    (local $ups i32) (local $downs i32) (local $ups_stride i32) (local $downs_stride i32)
    (local $r0 v128) (local $r1 v128) (local $r2 v128) (local $r3 v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $factor v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128) (local $s4 v128) (local $s5 v128) (local $s6 v128) (local $s7 v128)
    (local.set $stride (i32.shl (local.get $columns) (i32.const 1)))
    (local.set $ups_stride (i32.shl (local.get $rows) (i32.const 2)))
    (local.set $downs_stride (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $column (local.get $first))
    (block $end_columns
      (loop $each_column
        (br_if $end_columns (i32.ge_u (local.get $column) (local.get $last)))
        (local.set $row (i32.const 0))
        (block $end_rows
          (loop $each_row
            (br_if $end_rows (i32.ge_u (local.get $row) (local.get $rows)))

            ;; The block of ΔW, a column in each of $s0 … $s7, summed up before anything is added to it: beside a weight the
            ;; smallest of its terms would be lost.
            (local.set $s0 (v128.const i32x4 0 0 0 0))
            (local.set $s1 (v128.const i32x4 0 0 0 0))
            (local.set $s2 (v128.const i32x4 0 0 0 0))
            (local.set $s3 (v128.const i32x4 0 0 0 0))
            (local.set $s4 (v128.const i32x4 0 0 0 0))
            (local.set $s5 (v128.const i32x4 0 0 0 0))
            (local.set $s6 (v128.const i32x4 0 0 0 0))
            (local.set $s7 (v128.const i32x4 0 0 0 0))
            (local.set $ups (i32.add (local.get $up) (i32.shl (local.get $row) (i32.const 2))))
            (local.set $downs (i32.add (local.get $down) (i32.shl (local.get $column) (i32.const 2))))
            (local.set $k (i32.const 0))
            (block $end_rank
              (loop $each_rank
                (br_if $end_rank (i32.ge_u (local.get $k) (local.get $rank)))
                (local.set $factor (v128.load (local.get $ups)))
                (local.set $s0 (f32x4.add (local.get $s0) (f32x4.mul (local.get $factor) (v128.load32_splat offset=0 (local.get $downs)))))
                (local.set $s1 (f32x4.add (local.get $s1) (f32x4.mul (local.get $factor) (v128.load32_splat offset=4 (local.get $downs)))))
                (local.set $s2 (f32x4.add (local.get $s2) (f32x4.mul (local.get $factor) (v128.load32_splat offset=8 (local.get $downs)))))
                (local.set $s3 (f32x4.add (local.get $s3) (f32x4.mul (local.get $factor) (v128.load32_splat offset=12 (local.get $downs)))))
                (local.set $s4 (f32x4.add (local.get $s4) (f32x4.mul (local.get $factor) (v128.load32_splat offset=16 (local.get $downs)))))
                (local.set $s5 (f32x4.add (local.get $s5) (f32x4.mul (local.get $factor) (v128.load32_splat offset=20 (local.get $downs)))))
                (local.set $s6 (f32x4.add (local.get $s6) (f32x4.mul (local.get $factor) (v128.load32_splat offset=24 (local.get $downs)))))
                (local.set $s7 (f32x4.add (local.get $s7) (f32x4.mul (local.get $factor) (v128.load32_splat offset=28 (local.get $downs)))))
                (local.set $ups (i32.add (local.get $ups) (local.get $ups_stride)))
                (local.set $downs (i32.add (local.get $downs) (local.get $downs_stride)))
                (local.set $k (i32.add (local.get $k) (i32.const 1)))
                (br $each_rank)))

            ;; Four rows of eight values, turned: the halves of $a … $d are then columns of four.
            (local.set $at (i32.add (local.get $weights) (i32.shl
              (i32.add (i32.mul (local.get $row) (local.get $columns)) (local.get $column)) (i32.const 1))))
            (local.set $r0 (v128.load (local.get $at)))
            (local.set $at (i32.add (local.get $at) (local.get $stride)))
            (local.set $r1 (v128.load (local.get $at)))
            (local.set $at (i32.add (local.get $at) (local.get $stride)))
            (local.set $r2 (v128.load (local.get $at)))
            (local.set $at (i32.add (local.get $at) (local.get $stride)))
            (local.set $r3 (v128.load (local.get $at)))
            (local.set $a (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $r0) (local.get $r1)))
            (local.set $b (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $r0) (local.get $r1)))
            (local.set $c (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $r2) (local.get $r3)))
            (local.set $d (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $r2) (local.get $r3)))
            (local.set $r0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $c)))
            (local.set $r1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $c)))
            (local.set $r2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $b) (local.get $d)))
            (local.set $r3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $b) (local.get $d)))

            (local.set $at (i32.add (local.get $output) (i32.shl
              (i32.add (i32.mul (i32.sub (local.get $column) (local.get $first)) (local.get $rows)) (local.get $row))
              (i32.const 2))))
            ;; −0 + 0 is 0, so what nothing is added to is left alone.
            (if (local.get $rank)
              (then
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r0)) (i32.const 16)) (local.get $s0)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r0)) (i32.const 16)) (local.get $s1)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r1)) (i32.const 16)) (local.get $s2)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r1)) (i32.const 16)) (local.get $s3)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r2)) (i32.const 16)) (local.get $s4)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r2)) (i32.const 16)) (local.get $s5)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r3)) (i32.const 16)) (local.get $s6)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (f32x4.add (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r3)) (i32.const 16)) (local.get $s7))))
              (else
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r0)) (i32.const 16)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r0)) (i32.const 16)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r1)) (i32.const 16)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r1)) (i32.const 16)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r2)) (i32.const 16)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r2)) (i32.const 16)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $r3)) (i32.const 16)))
                (local.set $at (i32.add (local.get $at) (local.get $ups_stride)))
                (v128.store (local.get $at) (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $r3)) (i32.const 16)))))
            (local.set $row (i32.add (local.get $row) (i32.const 4)))
            (br $each_row)))
        (local.set $column (i32.add (local.get $column) (i32.const 8)))
        (br $each_column)))))
