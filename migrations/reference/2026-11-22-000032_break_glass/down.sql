drop table break_glass_review, break_glass;
