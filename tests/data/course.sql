这是课程的数据，don't run it by hand
导入前请先建表：

insert into axf_goods(productid,productimg,productname,productlongname,isxf,pmdesc,specifics,price,marketprice,categoryid,childcid,childcidname,dealerid,storenums,productnum) values("901","http://img.example/901.jpg","","蜂蜜脆苹果 500g",0,0,"500g",9.90,12.500000,700001,700011,"国产水果","1",200,4);
insert into axf_goods(productid,productimg,productname,productlongname,isxf,pmdesc,specifics,price,marketprice,categoryid,childcid,childcidname,dealerid,storenums,productnum) values("902","http://img.example/902.jpg","甜橙,水果","小蜂甜橙",1,0,"1kg",15.80,15.800000,700001,700012,"进口水果","1",50,100001033);
insert into axf_goods(productid,productimg,productname,productlongname,isxf,pmdesc,specifics,price,marketprice,categoryid,childcid,childcidname,dealerid,storenums,productnum) values("901","http://img.example/901.jpg","","蜂蜜脆苹果 500g",0,1,"500g",9.90,8.000000,700002,700011,"国产水果","1",0,7);
insert into axf_goods(productid,productimg,productname,productlongname,isxf,pmdesc,specifics,price,marketprice,categoryid,childcid,childcidname,dealerid,storenums,productnum) values("903","","绿茶","蜂农绿茶",0,0,"",5,0,700002,799999,"没有的","1",10,0);


insert into axf_wheel(img,name,trackid) values("http://img.example/a.jpg","苹果节","21870"),("http://img.example/b.jpg","橙子周","21869");
insert into axf_nav(img,name,trackid) values("http://img.example/c.png","每日必抢","21851");
insert into axf_mustbuy(img,name,trackid) values("http://img.example/d.jpg","鲜果女王","21861");
insert into axf_shop(img,name,trackid) values("http://img.example/e.png","水果","700001"),("http://img.example/f.png","更多","100001");
insert into axf_mainshow(trackid,name,img,categoryid,brandname,img1,childcid1,productid1,longname1,price1,marketprice1,img2,childcid2,productid2,longname2,price2,marketprice2,img3,childcid3,productid3,longname3,price3,marketprice3) values("21782","优选水果","http://img.example/g.jpg","700001","小蜂","","700011","902","小蜂甜橙","15.8","15.8","","700012","998","没有的","1","1","","700011","901","蜂蜜脆苹果","9.9","12.5");

insert into axf_foodtypes(typeid,typename,childtypenames,typesort) values("700002","饮料","全部分类:0#茶饮/咖啡:700021",2),("700001","优选水果","全部分类:0#国产水果:700011#进口水果:700012",1);
